"""A scripted server, and clients that talk to it."""

import socket
from collections.abc import AsyncIterator, Callable

import pytest

from apps.client import ClientOptions, ImClient
from tests.client.builders import TERMINAL
from tests.client.scripted import ManualTiming, ScriptedServer, scripted_server

MakeClient = Callable[..., ImClient]


@pytest.fixture
def timing() -> ManualTiming:
    return ManualTiming()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as running:
        yield running


@pytest.fixture
async def make_client(server: ScriptedServer, timing: ManualTiming) -> AsyncIterator[MakeClient]:
    """Clients with a token that is always good, still time and no pauses; closed at the end of the test."""
    made: list[ImClient] = []

    async def token() -> str:
        return "good"

    def make(**fields: object) -> ImClient:
        options = ClientOptions(
            **{  # type: ignore[arg-type]
                "timing": timing,
                "backoff_base_s": 0.5,
                "received_interval_s": 0.0,
                "repair_delay_s": 0.0,
                "from_start": True,
                **fields.pop("options", {}),  # type: ignore[dict-item]
            }
        )
        client = ImClient(
            "http://127.0.0.1:1",
            fields.pop("ws_url", server.url),  # type: ignore[arg-type]
            **{"token": token, "terminal_id": TERMINAL, "options": options, **fields},  # type: ignore[arg-type]
        )
        made.append(client)
        return client

    yield make
    for client in made:
        await client.close()


@pytest.fixture
def unused_port() -> int:
    """A port of the loopback address that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
