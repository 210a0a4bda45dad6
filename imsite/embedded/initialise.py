"""Create the data folder of an embedded server: once per installation, in one step.

The work happens in a draft folder that gets its final name last, so an interrupted first start leaves nothing
that looks like a finished one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from imsite.embedded.account import Account
from imsite.embedded.address import ServerAddress
from imsite.embedded.binaries import find_program
from imsite.embedded.command import explain_launch_failure, launch_command
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.privatefile import write_private

INITDB_TIMEOUT_S = 180.0


def create_data_folder(pgdata: Path, address: ServerAddress, account: Account | None, *, durable: bool) -> None:
    """Run `initdb` for `pgdata`, which must not exist yet, owned by `account`."""
    draft = pgdata.with_name(pgdata.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    password_file = draft.with_name(draft.name + ".password")
    write_private(password_file, address.password + "\n")
    try:
        if account is not None and sys.platform != "win32":
            os.chown(draft, account.uid, account.gid)
            os.chown(password_file, account.uid, account.gid)
        _run_initdb(draft, address.user, password_file, account, durable=durable)
    finally:
        password_file.unlink(missing_ok=True)
    draft.rename(pgdata)


def _run_initdb(draft: Path, user: str, password_file: Path, account: Account | None, *, durable: bool) -> None:
    # The built-in provider sorts alike on every system and needs no locale of the machine.
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    initdb = [
        str(find_program("initdb")),
        f"--pgdata={draft}",
        f"--username={user}",
        f"--pwfile={password_file}",
    ]
    options = ["--auth=scram-sha-256", "--no-instructions", *locale, *([] if durable else ["--no-sync"])]
    finished = subprocess.run(
        launch_command([*initdb, *options], account, needs=draft),
        cwd=draft.parent,
        capture_output=True,
        text=True,
        timeout=INITDB_TIMEOUT_S,
        check=False,
    )
    if finished.returncode == 0:
        return
    said = (finished.stderr.strip() or finished.stdout.strip()).splitlines()
    last_line = said[-1] if said else phrase("exit code {code}", code=finished.returncode)
    raise OperatorError(
        explain_launch_failure(finished.returncode, last_line)
        or phrase("PostgreSQL could not create {folder}: {reason}", folder=draft.parent, reason=last_line)
    )
