"""The command waits for the database, then serves with the chosen server on the chosen ports."""

import socket
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from imsite.errors import OperatorError
from imsite.management.commands import node

Served = list[tuple[str, object, bool]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Served:
    """What would have been served, by which server."""
    from imsite.serving import daphne_node, uvicorn_node

    calls: Served = []

    def serve_uvicorn(listeners: list[socket.socket], *, until_stdin_closes: bool) -> None:
        ports = [listener.getsockname()[1] for listener in listeners]
        for listener in listeners:
            listener.close()
        calls.append(("uvicorn", ports, until_stdin_closes))

    def serve_daphne(host: str, ports: dict[str, int], *, until_stdin_closes: bool) -> None:
        calls.append(("daphne", list(ports.values()), until_stdin_closes))

    settings.STATIC_ROOT = tmp_path / "static"
    settings.IM_CLUSTER = settings.IM_CLUSTER.copy()  # put back afterwards
    monkeypatch.setattr(uvicorn_node, "serve_uvicorn", serve_uvicorn)
    monkeypatch.setattr(daphne_node, "serve_daphne", serve_daphne)
    return calls


def two_free_ports() -> list[int]:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        return [first.getsockname()[1], second.getsockname()[1]]


@pytest.mark.django_db
@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_the_chosen_server_gets_the_chosen_ports(served: Served, server: str) -> None:
    http_port, ws_port = two_free_ports()

    call_command("node", server=server, http_port=http_port, ws_port=ws_port, until_stdin_closes=True)

    assert served == [(server, [http_port, ws_port], True)]


@pytest.mark.django_db
def test_the_default_is_uvicorn(served: Served) -> None:
    http_port, ws_port = two_free_ports()

    call_command("node", http_port=http_port, ws_port=ws_port)

    assert served[0][0] == "uvicorn"


def test_a_broken_database_is_one_line_and_nothing_is_served(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise OperatorError("PostgreSQL cannot be used")

    monkeypatch.setattr(node, "await_database", broken)

    with pytest.raises(CommandError, match="PostgreSQL cannot be used"):
        call_command("node")

    assert served == []


@pytest.mark.django_db
def test_a_taken_port_is_one_line(served: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match=rf"{port}.*IM_HTTP_PORT"):
            call_command("node", http_port=port, ws_port=port)

    assert served == []


@pytest.mark.django_db
def test_the_command_line_says_whom_to_join(served: Served, settings: Any) -> None:
    http_port, ws_port = two_free_ports()
    options = ["--join", "a.example:8002", "--join", "[::1]:9002", "--name", "beijing-1", "--cluster-port", "9100"]

    call_command("node", *options, http_port=http_port, ws_port=ws_port)

    cluster = settings.IM_CLUSTER
    assert cluster["join"] == (("a.example", 8002), ("::1", 9002))
    assert (cluster["name"], cluster["port"], cluster["expect"]) == ("beijing-1", 9100, 0)


@pytest.mark.django_db
def test_founders_join_each_other(served: Served, settings: Any) -> None:
    http_port, ws_port = two_free_ports()

    call_command("node", "--join", "a.example:8002", "--expect", "3", http_port=http_port, ws_port=ws_port)

    assert settings.IM_CLUSTER["expect"] == 3


def test_what_is_no_node_is_one_line(served: Served) -> None:
    with pytest.raises(CommandError, match="HOST:PORT"):
        call_command("node", "--join", "nowhere")

    assert served == []
