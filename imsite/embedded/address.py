"""How to reach the embedded server: port, user, password and database, kept in one private JSON file.

The file is written before the data folder gets its final name, so a data folder never lacks its password.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.privatefile import write_private

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """One embedded server's address and login."""

    port: int
    user: str
    password: str
    database: str

    @property
    def url(self) -> str:
        """The address in the form of DATABASE_URL. The parts are made by us and need no escaping."""
        return f"postgresql://{self.user}:{self.password}@{HOST}:{self.port}/{self.database}"

    def with_port(self, port: int) -> Self:
        """The same login at another port."""
        return replace(self, port=port)


def load_address(path: Path) -> ServerAddress | None:
    """The address kept in `path`, or None when there is no such file."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OperatorError(
            phrase("{path} cannot be read ({error}): restore it from a backup", path=path, error=error)
        ) from error
    try:
        return ServerAddress(
            port=int(fields["port"]),
            user=str(fields["user"]),
            password=str(fields["password"]),
            database=str(fields["database"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise OperatorError(
            phrase("{path} lacks a usable field ({error}): restore it from a backup", path=path, error=error)
        ) from error


def save_address(path: Path, address: ServerAddress) -> None:
    """Write the file in one step, readable by its owner only."""
    write_private(path, json.dumps(asdict(address), indent=2) + "\n")
