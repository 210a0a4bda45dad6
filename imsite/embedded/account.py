"""Which account of the machine runs PostgreSQL, which refuses to run as root.

An ordinary user runs it as itself. Root uses an account that is already there; none is ever added, and no folder
but the data folder changes its owner.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from imsite.errors import OperatorError
from imsite.phrases import phrase

CANDIDATE_NAMES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account: numeric ids as the kernel knows them."""

    uid: int
    gid: int


if sys.platform == "win32":

    def choose_account(pgdata: Path) -> Account | None:
        """None: Windows has no uids, the server runs as the user who starts it."""
        return None

else:
    import pwd

    def choose_account(pgdata: Path) -> Account | None:
        """The account to change to, or None to stay as we are. An existing data folder's owner keeps it."""
        owner = pgdata.stat() if pgdata.exists() else None
        if os.geteuid() != 0:
            if owner is not None and owner.st_uid != os.geteuid():
                raise OperatorError(
                    phrase(
                        "{pgdata} belongs to user id {uid}: run as that user or as root, or set IM_DATA_DIR",
                        pgdata=pgdata,
                        uid=owner.st_uid,
                    )
                )
            return None
        if owner is not None and owner.st_uid != 0:
            return Account(uid=owner.st_uid, gid=owner.st_gid)
        return _find_candidate()

    def _find_candidate() -> Account:
        for name in CANDIDATE_NAMES:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return Account(uid=entry.pw_uid, gid=entry.pw_gid)
        raise OperatorError(
            phrase(
                "PostgreSQL refuses to run as root and the accounts postgres and nobody do not exist: "
                "run as an ordinary user, or set DATABASE_URL"
            )
        )
