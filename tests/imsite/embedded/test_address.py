"""The server's address survives the way to the disk and back, and a damaged file is named."""

import stat
from pathlib import Path

import pytest

from imsite.addresses import parse_database_url
from imsite.embedded.address import ServerAddress, load_address, save_address
from imsite.errors import OperatorError

ADDRESS = ServerAddress(port=20001, user="imsite", password="abc123", database="chat")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save_address(tmp_path / "postgres.json", ADDRESS)

    assert load_address(tmp_path / "postgres.json") == ADDRESS
    assert stat.S_IMODE((tmp_path / "postgres.json").stat().st_mode) == 0o600


def test_no_file_is_no_address(tmp_path: Path) -> None:
    assert load_address(tmp_path / "postgres.json") is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"port": "x", "user": "a", "password": "b", "database": "c"}']
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "postgres.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(OperatorError, match=r"postgres\.json"):
        load_address(path)


def test_the_url_is_what_database_url_takes() -> None:
    parsed = parse_database_url(ADDRESS.with_port(20002).url)

    assert (parsed.host, parsed.port, parsed.user, parsed.password, parsed.name) == (
        "127.0.0.1",
        20002,
        "imsite",
        "abc123",
        "chat",
    )
