"""Limits of this machine."""

import builtins
from pathlib import Path
from typing import Any

import pytest

from apps.loadtest import machine


def test_the_soft_limit_of_files_becomes_the_hard_one() -> None:
    import resource

    limit = machine.raise_file_limit()

    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (limit, limit)
    assert machine.files_for_sessions() == limit - machine.SPARE_FILES


def test_without_such_limits_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def importing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "resource":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", importing)

    assert machine.raise_file_limit() > 1_000_000


def test_no_limit_at_all_counts_as_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (1024, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", lambda _which, limits: given.append(limits))

    assert machine.raise_file_limit() == 1 << 20
    assert given == [(1 << 20, 1 << 20)]


def test_limits_that_are_too_low_are_named(tmp_path: Path) -> None:
    for name, value in {"fs/file-max": "100", "net/core/somaxconn": "128", "net/ipv4/tcp_max_syn_backlog": "x"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value)

    advice = machine.advise(sessions=1000, connect_per_s=500, proc=tmp_path)

    assert [(item.limit, item.found, item.wanted) for item in advice] == [
        ("fs.file-max", 100, 2000),
        ("net.core.somaxconn", 128, 500),
    ]


def test_the_machine_is_described() -> None:
    facts = machine.describe(server={"fsync": "on"})

    assert facts["cores"] >= 1
    assert facts["memory_bytes"] > 0
    assert facts["packages"]["msgspec"]
    assert facts["processor"]
    assert facts["server"] == {"fsync": "on"}


def test_what_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PACKAGES", ("no-such-package",))

    assert machine.describe(server={})["packages"] == {}


def test_a_machine_without_proc_is_described_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)

    assert machine.describe(server={})["processor"]
