"""Where the next connection goes, and whether a node may send it on: the list's address, or once one that a node named.

A named address counts for one attempt. When that fails the list is used again, and no node is asked for another until
one has let us in: a cluster whose public addresses are wrong costs a detour, never the service.
"""

from urllib.parse import urlsplit

from apps.client.addresses import Addresses


class Route:
    """Begin each attempt with `next`, then say how it went: `sent_on`, `arrived`, `failed`."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._named = ""
        self._detour = False
        self.address = addresses.current
        """Where this attempt goes."""
        self.follows = True
        """Whether a node may send this attempt on."""

    def next(self) -> None:
        """Choose the address of the next attempt."""
        self._detour = bool(self._named)
        self.address = self._named or self._addresses.current
        self._named = ""
        if self._detour:
            self.follows = False

    def sent_on(self, url: str) -> None:
        """The node named another one: go there next, unless that is no address, or less well protected."""
        if self.follows and _may_follow(self.address, url):
            self._named = url
        else:
            self.follows = False

    def stay(self) -> None:
        """The node does not know how to send anybody on."""
        self.follows = False

    def arrived(self) -> None:
        """A node let us in, so that the next attempt may be sent on again."""
        self.follows = True

    def failed(self) -> None:
        """This attempt, or the connection it became, ended. Where a node had sent us, that node may still be there."""
        if not self._detour:
            self._addresses.failed()


def _may_follow(origin: str, url: str) -> bool:
    try:
        parts = urlsplit(url)
        protected = urlsplit(origin).scheme == "wss"
        return bool(parts.hostname) and parts.port != 0 and parts.scheme in (("wss",) if protected else ("ws", "wss"))
    except ValueError:
        return False
