"""Bodies are bounded before anybody stores them, whether their length is declared or not."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from imsite.bodies import MAX_BYTES, BoundedBodies

Event = Mapping[str, Any]


class Reader:
    """An application that reads the whole body as Django does: it says nothing to a peer that went away."""

    def __init__(self) -> None:
        self.read_bytes = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            self.read_bytes += len(event["body"])
            more = event["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"read"})


async def request(reader: Reader, chunks: Iterator[bytes], *, declared: bytes = b"") -> list[Event]:
    """Send the chunks and return what is answered."""
    sent: list[Event] = []

    async def receive() -> Event:
        chunk = next(chunks, b"")
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    async def send(event: Event) -> None:
        sent.append(event)

    headers = [(b"content-length", declared)] if declared else []
    await BoundedBodies(reader)({"type": "http", "headers": headers}, receive, send)
    return sent


async def test_what_fits_is_passed_on() -> None:
    reader = Reader()

    start, body = await request(reader, iter([b"x" * (MAX_BYTES - 1), b"x"]), declared=str(MAX_BYTES).encode())

    assert (start["status"], body["body"], reader.read_bytes) == (200, b"read", MAX_BYTES)


async def test_a_length_that_is_declared_is_refused_unread() -> None:
    reader, chunks = Reader(), iter([b"x"])

    start, body = await request(reader, chunks, declared=str(MAX_BYTES + 1).encode())

    assert (start["status"], json.loads(body["body"])["code"]) == (413, "too_large")
    assert (b"connection", b"close") in start["headers"]
    assert next(chunks) == b"x"


@pytest.mark.parametrize("declared", [b"", b"1", b"nonsense"])
async def test_a_body_that_goes_on_and_on_is_broken_off(declared: bytes) -> None:
    reader, endless = Reader(), iter(lambda: b"x" * 65_536, b"")

    start, _ = await request(reader, endless, declared=declared)

    assert start["status"] == 413
    assert reader.read_bytes <= MAX_BYTES
