"""People who talk and listen through `apps.client` while the server has a bad day, and who remember everything."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

from apps.client import ClientOptions, ImClient
from apps.wire.frames import Ack, EventView

PAUSE_S = 0.02
"""Between one's messages to a conversation: slow enough that the server's rate limit stays an exception."""
OPTIONS = ClientOptions(from_start=True, backoff_base_s=0.1, backoff_cap_s=1.0, answer_timeout_s=5.0)


@dataclass
class Person:
    """A signed-in user, what she had acknowledged, and what she saw."""

    login: str
    user: UUID
    client: ImClient
    rooms: set[UUID] = field(default_factory=set)
    acks: dict[UUID, list[tuple[str, Ack]]] = field(default_factory=lambda: defaultdict(list))
    seen: dict[UUID, list[EventView]] = field(default_factory=lambda: defaultdict(list))
    surprises: list[object] = field(default_factory=list)


class Server(Protocol):
    """What people need to know of where they talk."""

    users: dict[str, str]

    def client(self, login: str, options: ClientOptions) -> ImClient: ...


class Traffic:
    """Everybody writes to every conversation she is in, one message after the other, until `stop`."""

    def __init__(self, site: Server) -> None:
        self._site = site
        self.people = [self._person(login, UUID(user)) for login, user in site.users.items()]
        self.run = uuid4().hex[:8]
        self._ack_count = 0
        self._progress = asyncio.Condition()
        self._stopping = False
        self._listeners: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        async with asyncio.timeout(40):
            await asyncio.gather(*(person.client.connect() for person in self.people))
        for person in self.people:
            self._listeners.append(asyncio.create_task(self._listen(person)))
            for view in await person.client.conversations():
                conversation = view.state.conversation
                person.rooms.add(conversation)
                self._writers.append(asyncio.create_task(self._write(person, conversation)))

    async def more_acks(self, count: int) -> None:
        """Return after `count` more messages were acknowledged."""
        goal = self._ack_count + count
        async with asyncio.timeout(40), self._progress:
            await self._progress.wait_for(lambda: self._ack_count >= goal or self._failed())
        for task in (*self._writers, *self._listeners):
            if task.done():
                task.result()

    async def stop(self) -> None:
        """Let everybody finish her last message."""
        self._stopping = True
        async with asyncio.timeout(40):
            await asyncio.gather(*self._writers)

    async def everybody_saw(self, ends: dict[UUID, int]) -> None:
        """Return when every person saw each of her conversations up to its end."""
        async with asyncio.timeout(40), self._progress:
            await self._progress.wait_for(lambda: all(self._is_complete(person, ends) for person in self.people))

    async def close(self) -> None:
        for task in (*self._writers, *self._listeners):
            task.cancel()
        await asyncio.gather(*self._writers, *self._listeners, return_exceptions=True)
        await asyncio.gather(*(person.client.close() for person in self.people))

    def _person(self, login: str, user: UUID) -> Person:
        return Person(login, user, self._site.client(login, OPTIONS))

    def _failed(self) -> bool:
        return any(task.done() for task in (*self._writers, *self._listeners))

    @staticmethod
    def _is_complete(person: Person, ends: dict[UUID, int]) -> bool:
        return all(
            person.seen[conversation] and person.seen[conversation][-1].seq >= ends[conversation]
            for conversation in person.rooms
        )

    async def _write(self, person: Person, conversation: UUID) -> None:
        number = 0
        while not self._stopping:
            number += 1
            text = f"{person.login} {self.run} {number}"
            ack = await person.client.send_text(conversation, text)
            person.acks[conversation].append((text, ack))
            async with self._progress:
                self._ack_count += 1
                self._progress.notify_all()
            await asyncio.sleep(PAUSE_S)

    async def _listen(self, person: Person) -> None:
        async for item in person.client.events():
            if isinstance(item, EventView):
                person.seen[item.conversation].append(item)
                async with self._progress:
                    self._progress.notify_all()
            elif type(item).__name__ != "CursorFrame":
                person.surprises.append(item)
