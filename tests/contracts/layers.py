"""The channel layers that run the contract suite, each behind the same face whatever it needs around it."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from apps.events.inprocess import InProcessLayer
from tests.cluster.layer.fixed import FixedCluster

NAMES = ["inprocess", "inmemory", "slots-1", "slots-3", "redis", "redis-pubsub"]

UNCHECKED = "it does not check names and messages everywhere"
UNBOUNDED = "it knows no capacity: channels are never full"
UNKEPT = "it keeps nothing for a channel before this process has received from it"
DIFFERENCES: dict[str, dict[str, str]] = {
    "redis": {
        "test_what_is_no_dict_is_no_message": UNCHECKED,
    },
    "redis-pubsub": {
        "test_a_message_arrives_as_it_was_sent": UNKEPT,
        "test_messages_keep_their_order": UNKEPT,
        "test_changing_a_sent_message_changes_nothing_for_the_receiver": UNKEPT,
        "test_a_cancelled_receiver_loses_nothing": UNKEPT,
        "test_a_full_channel_says_so_and_keeps_what_it_has": UNBOUNDED,
        "test_process_local_channels_are_apart": UNKEPT,
        "test_wrong_channel_names_are_refused": UNCHECKED,
        "test_what_is_no_dict_is_no_message": UNCHECKED,
        "test_every_channel_of_the_group_gets_its_own_copy": UNKEPT,
        "test_a_channel_that_joined_twice_gets_one_copy": UNKEPT,
        "test_a_channel_that_left_gets_nothing": UNKEPT,
        "test_leaving_a_group_one_is_not_in_is_nothing": UNKEPT,
        "test_groups_are_apart": UNKEPT,
        "test_a_full_channel_keeps_nobody_else_from_the_message": UNBOUNDED,
        "test_wrong_group_names_are_refused": UNCHECKED,
        "test_forgets_messages_and_groups": UNKEPT,
    },
    "postgres": {
        "test_a_receiver_that_waits_gets_what_comes_later": "what is sent while a listener connects is not heard",
        "test_each_message_reaches_one_of_several_receivers": "each receiver that starts makes a listener",
        "test_forgets_messages_and_groups": "what a process has fetched already is not forgotten",
        "test_a_full_channel_says_so_and_keeps_what_it_has": UNBOUNDED,
        "test_wrong_channel_names_are_refused": UNCHECKED,
        "test_what_is_no_dict_is_no_message": UNCHECKED,
        "test_wrong_group_names_are_refused": UNCHECKED,
    },
}
"""Tests of the contract that a layer of others does not pass, and why; they are not run."""


class Spread(BaseChannelLayer):  # type: ignore[misc]  # channels is untyped
    """Three layers of one cluster as one: what belongs together is done on different nodes."""

    def __init__(self, layers: list[Any]) -> None:
        super().__init__()
        self.sender, self.receiver, self.manager = layers

    async def send(self, channel: str, message: Any) -> None:
        await self.sender.send(channel, message)

    async def receive(self, channel: str) -> Any:
        return await self.receiver.receive(channel)

    async def new_channel(self, prefix: str = "specific") -> Any:
        return await self.receiver.new_channel(prefix)

    async def flush(self) -> None:
        await self.manager.flush()

    async def group_add(self, group: str, channel: str) -> None:
        await self.manager.group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self.sender.group_discard(group, channel)

    async def group_send(self, group: str, message: Any) -> None:
        await self.sender.group_send(group, message)


@asynccontextmanager
async def made(name: str, redis_port: int, **options: Any) -> AsyncIterator[Any]:
    """A running layer by name."""
    match name:
        case "inprocess":
            yield InProcessLayer(**options)
        case "inmemory":
            yield InMemoryChannelLayer(**options)
        case "slots-1" | "slots-3":
            async with cluster(int(name[-1]), **options) as layers:
                yield layers[0] if len(layers) == 1 else Spread(layers)
        case "redis" | "redis-pubsub":
            async with redis_layer(name, redis_port, **options) as layer:
                yield layer
        case "postgres":
            async with postgres_layer(**options) as layer:
                yield layer


@asynccontextmanager
async def cluster(count: int, **options: Any) -> AsyncIterator[list[Any]]:
    """The layers of so many nodes under one view, linked."""
    fixed = FixedCluster(count, **options)
    await fixed.start()
    try:
        yield list(fixed.layers)
    finally:
        await fixed.stop()


@asynccontextmanager
async def redis_layer(name: str, port: int, **options: Any) -> AsyncIterator[Any]:
    """A layer of channels_redis on a server that is emptied afterwards."""
    from channels_redis.core import RedisChannelLayer
    from channels_redis.pubsub import RedisPubSubChannelLayer

    kind = RedisChannelLayer if name == "redis" else RedisPubSubChannelLayer
    layer = kind(hosts=[f"redis://127.0.0.1:{port}"], **options)
    try:
        yield layer
    finally:
        await layer.flush()
        if name == "redis":
            await layer.close_pools()


@asynccontextmanager
async def postgres_layer(**options: Any) -> AsyncIterator[Any]:
    """A layer of channels_postgres on the test database; what it keeps per process is ended with it."""
    from channels_postgres import core, db
    from django.db import connections

    core.ASYNCIO_EVENT_CHANNEL_MAPPING.clear()
    db.connection_pool, db.is_creating_connection_pool = None, asyncio.Lock()
    layer = core.PostgresChannelLayer(**options, **connections["default"].settings_dict)
    layer.django_db.using = "default"
    before = asyncio.all_tasks()
    try:
        yield layer
    finally:
        await layer.flush()
        assert db.connection_pool is not None
        await db.connection_pool.close()
        db.connection_pool = None
        left = (
            asyncio.all_tasks() - before - {asyncio.current_task()}
        )  # its listener, and those that delete what expired
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        # Leaving a group goes through Django, on a connection of the thread all async code shares: nobody else ends it.
        await sync_to_async(connections.close_all)()


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """The port of a Redis server of our own, without persistence. Skips where none is installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        try:
            assert server.stdout is not None
            if not any("Ready to accept connections" in line for line in server.stdout):
                raise RuntimeError("redis-server did not start")
            yield port
        finally:
            server.terminate()
