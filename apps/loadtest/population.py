"""Who takes part: users with tokens, and the conversations they share, as `manage.py seed_load` writes them to a file.

The members of every conversation are neighbours in the list of users: number k of the conversations with n members has
the users k*n to k*n+n-1. So a conversation is its id, and two processes never need to ask each other who is in it.
"""

import stat
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import msgspec

from apps.loadtest.errors import TokensUnreadable, TooFewUsers

FORMAT: Final = "imsite-load-1"
DIRECT_SIZE: Final = 2


class LoadUser(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One user: who she is, her access token, and the terminal she always comes back with."""

    id: UUID
    token: str
    terminal: UUID


class Population(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """Content of a token file. `database` says what the seeding program knows of it: version and durability."""

    format: Literal["imsite-load-1"]
    tenant: str
    expires_ms: int
    database: dict[str, str]
    users: list[LoadUser]
    conversations: dict[int, list[UUID]]

    def members(self, size: int, number: int, *, online: int) -> range:
        """Return the users in conversation `number` of those with `size` members, as far as they are online."""
        return range(min(number * size, online), min(number * size + size, online))

    def of_size(self, size: int, count: int) -> list[UUID]:
        """Return the first `count` conversations with `size` members. Raises TooFewUsers."""
        found = self.conversations.get(size, [])
        if len(found) < count:
            raise TooFewUsers(what=f"conversations of {size}", wanted=count, found=len(found))
        return found[:count]


def read_population(path: Path) -> Population:
    """Read a token file. Raises TokensUnreadable, also when others may read it: it signs people in."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise TokensUnreadable(path=path, reason="permissions")
        return msgspec.json.decode(path.read_bytes(), type=Population)
    except OSError as error:
        raise TokensUnreadable(path=path, reason=error.strerror) from error
    except msgspec.DecodeError as error:
        raise TokensUnreadable(path=path, reason=error) from error
