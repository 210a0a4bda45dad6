"""A server of the protocol in a few lines, that keeps its promises or breaks one of them as told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from apps.loadtest.population import LoadUser, Population


def population(users: int, *sizes: int) -> Population:
    """A population as `seed_load` makes it."""
    return Population(
        format="imsite-load-1",
        tenant="load",
        expires_ms=1,
        database={"server_version": "18", "fsync": "on"},
        users=[LoadUser(uuid4(), f"token{number}", uuid4()) for number in range(users)],
        conversations={size: [uuid4() for _ in range(users // size)] for size in sizes},
    )


class FakeServer:
    """Logs in memory. `defect` names what it does wrong: see `_append` and `_push`."""

    def __init__(self, people: Population, *, defect: str = "") -> None:
        self.defect = defect
        self.url = ""
        self.signed_in = 0
        self.sign_ins: list[dict[str, Any]] = []
        self.frames: list[str] = []
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self._users = {user.token: user.id for user in people.users}
        self._members: dict[str, list[UUID]] = {}
        self._online: dict[UUID, ServerConnection] = {}
        for size, ids in people.conversations.items():
            for number, conversation in enumerate(ids):
                block = people.users[number * size : (number + 1) * size]
                self._members[str(conversation)] = [user.id for user in block]
                self.logs[str(conversation)] = []

    async def handle(self, connection: ServerConnection) -> None:
        user: UUID | None = None
        try:
            async for text in connection:
                frame = json.loads(text)
                self.frames.append(frame["op"])
                if frame["op"] == "sign_in":
                    user = await self._sign_in(connection, frame)
                elif user is not None:
                    await self._answer(connection, user, frame)
        except ConnectionClosed:
            pass
        finally:
            if user is not None and self._online.get(user) is connection:
                del self._online[user]

    async def _sign_in(self, connection: ServerConnection, frame: dict[str, Any]) -> UUID | None:
        self.sign_ins.append(frame)
        user = self._users.get(frame["token"])
        if user is None or self.defect == "bad_tokens":
            await _say(connection, op="error", code="token_invalid", message="")
            await connection.close(4401)
            return None
        if self.defect == "busy_once" and len(self.sign_ins) == 1:
            await _say(connection, op="error", code="busy", message="", retry=True, retry_after_ms=10)
            return None
        self._online[user] = connection
        self.signed_in += 1
        changed = [{"conversation": room, "max_seq": len(log)} for room, log in self.logs.items() if log]
        await _say(connection, op="welcome", time=1000, heartbeat_ms=1000, changed=changed)
        return user

    async def _answer(self, connection: ServerConnection, user: UUID, frame: dict[str, Any]) -> None:
        match frame["op"]:
            case "heartbeat":
                if self.defect != "silent":
                    await _say(connection, op="heartbeat", time=2000)
            case "send":
                await self._send(connection, user, frame)
            case "sync":
                await self._sync(connection, frame)

    async def _send(self, connection: ServerConnection, user: UUID, frame: dict[str, Any]) -> None:
        log = self.logs[frame["conversation"]]
        known = next((event["seq"] for event in log if event["id"] == frame["id"]), None)
        if known is None and self.defect == "retry_once":
            self.defect = ""
            await _say(connection, op="error", code="busy", message="", retry=True, id=frame["id"])
            return
        if self.defect == "refuse":
            await _say(connection, op="error", code="invalid_body", message="", id=frame["id"])
            return
        seq = known or self._append(log, frame)
        ack = {"op": "ack", "id": frame["id"], "conversation": frame["conversation"], "seq": seq, "time": 3000}
        await _say(connection, **ack)
        if known is None:
            await self._push(user, log[-1])

    def _append(self, log: list[dict[str, Any]], frame: dict[str, Any]) -> int:
        seq = len(log) + 1
        if self.defect == "lose" and seq == 3:
            self.defect = ""
            return seq
        event = {"conversation": frame["conversation"], "seq": seq, "id": frame["id"], "body": frame["body"]}
        log.append(event | {"time": 3000})
        if self.defect == "double" and seq == 3:
            self.defect = ""
            log.append(event | {"time": 3000, "seq": seq + 1})
        return seq

    async def _push(self, sender: UUID, event: dict[str, Any]) -> None:
        if self.defect == "no_push":
            return
        for member in self._members[event["conversation"]]:
            connection = self._online.get(member)
            if member != sender and connection is not None:
                told = event
                if self.defect == "differ" and event["seq"] == 2:
                    told = event | {"id": "A" * 64}
                with contextlib.suppress(ConnectionClosed):
                    await _say(connection, op="event", **told)
                    if self.defect == "push_twice":
                        await _say(connection, op="event", **told)

    async def _sync(self, connection: ServerConnection, frame: dict[str, Any]) -> None:
        log = self.logs[frame["conversation"]]
        page = [event for event in log if event["seq"] > frame["after"]][: frame["limit"]]
        last = page[-1]["seq"] if page else frame["after"]
        room = frame["conversation"]
        answer = {"op": "events", "conversation": room, "max_seq": len(log), "ref": frame["ref"]}
        await _say(connection, **answer, events=page, more=last < len(log))


async def _say(connection: ServerConnection, **frame: Any) -> None:
    await connection.send(json.dumps(frame))


@asynccontextmanager
async def serving(people: Population, *, defect: str = "") -> AsyncIterator[FakeServer]:
    """A fake server that listens during the block."""
    fake = FakeServer(people, defect=defect)
    server: Server = await serve(fake.handle, "127.0.0.1", 0, compression=None)
    try:
        port = next(iter(server.sockets)).getsockname()[1]
        fake.url = f"ws://127.0.0.1:{port}/ws/v1"
        yield fake
    finally:
        server.close()
        await asyncio.wait_for(server.wait_closed(), 10)
