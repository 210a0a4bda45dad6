"""Somebody with an open session at one node, who is shut out at another one."""

import asyncio
import json
import urllib.request
from contextlib import suppress
from urllib.parse import urlencode
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from apps.client.tokens import CLIENT_ID
from tests.resilience.cluster.site import ClusterSite

CLOSED_WITHIN_S = 40.0


class Outcast:
    """Her name is new to the site. Call in this order: `come_in`, `shut_out`, `is_out`."""

    def __init__(self, site: ClusterSite, name: str) -> None:
        self._site = site
        self._name = name
        self._socket: ClientConnection | None = None

    async def come_in(self, host: int) -> None:
        """Make her, and sign her in at a host."""
        await self._site.person("make", self._name, self._site.password)
        token = await asyncio.to_thread(self._token, host)
        self._socket = await connect(self._site.nodes[host].ws_url)
        frame = {"op": "sign_in", "token": token, "terminal": str(uuid4()), "platform": "linux"}
        await self._socket.send(json.dumps(frame))
        welcome = json.loads(await asyncio.wait_for(self._socket.recv(), 10))
        assert welcome["op"] == "welcome", welcome

    async def shut_out(self, *, by: int) -> None:
        """Deactivate her, by a program that tells one host of it."""
        await self._site.person("shut_out", self._name, by=by)

    async def is_out(self) -> None:
        """Return once her socket is closed. Raises TimeoutError."""
        assert self._socket is not None
        async with asyncio.timeout(CLOSED_WITHIN_S):
            with suppress(ConnectionClosed):
                while True:
                    await self._socket.recv()

    def _token(self, host: int) -> str:
        fields = {
            "grant_type": "password",
            "username": f"{self._name}@acme",
            "password": self._site.password,
            "client_id": CLIENT_ID,
        }
        url = f"{self._site.nodes[host].http_url}/oauth/token/"
        with urllib.request.urlopen(url, urlencode(fields).encode(), 10) as answer:
            return str(json.load(answer)["access_token"])
