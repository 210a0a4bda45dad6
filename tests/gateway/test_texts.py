"""Texts that are encoded once for many."""

import pytest

from apps.edge import text_frame
from apps.gateway import texts as module
from apps.gateway.texts import SharedText


def test_a_shared_text_is_the_text_it_was_made_of() -> None:
    text = SharedText("héllo")

    assert text == "héllo"
    assert (len(text), text.encode()) == (5, "héllo".encode())


@pytest.mark.parametrize("length", [0, 125, 126, 70_000])
def test_its_frame_is_that_of_the_text(length: int) -> None:
    assert SharedText("x" * length).frame() == text_frame("x" * length)


def test_it_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def count(text: str) -> bytes:
        calls.append(text)
        return b"frame"

    monkeypatch.setattr(module, "text_frame", count)
    text = SharedText("hello")

    frames = [text.frame() for _ in range(3)]

    assert frames == [b"frame"] * 3
    assert len(calls) == 1
