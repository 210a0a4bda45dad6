"""Token files: who takes part in a load test."""

from pathlib import Path

import msgspec
import pytest

from apps.loadtest.errors import TokensUnreadable, TooFewUsers
from apps.loadtest.population import read_population
from tests.loadtest.fake_server import population

PEOPLE = population(10, 2, 4)


def written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = written(tmp_path / "tokens", msgspec.json.encode(PEOPLE))

    assert read_population(path) == PEOPLE


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format":"other"}'])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TokensUnreadable):
        read_population(written(tmp_path / "tokens", content))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TokensUnreadable, match="No such file"):
        read_population(tmp_path / "tokens")


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TokensUnreadable, match="permissions"):
        read_population(written(tmp_path / "tokens", msgspec.json.encode(PEOPLE), 0o640))


def test_members_are_neighbours_as_far_as_they_are_online() -> None:
    assert PEOPLE.members(4, 1, online=10) == range(4, 8)
    assert PEOPLE.members(4, 1, online=6) == range(4, 6)
    assert len(PEOPLE.members(4, 1, online=3)) == 0


def test_conversations_are_counted() -> None:
    assert PEOPLE.of_size(4, 2) == PEOPLE.conversations[4]
    with pytest.raises(TooFewUsers, match="found=2"):
        PEOPLE.of_size(4, 3)
    with pytest.raises(TooFewUsers):
        PEOPLE.of_size(5, 1)
