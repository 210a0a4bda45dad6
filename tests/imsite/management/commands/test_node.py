"""The command waits for the database, then serves with the chosen server on the chosen ports."""

import socket
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from imsite.errors import NodeRemoved, OperatorError
from imsite.logs import FieldFormatter
from imsite.management.commands import node
from imsite.supervision.workers import Workers
from tests.ports import take_port

Served = list[tuple[str, object, bool]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Served:
    """What would have been served, by which server."""
    from imsite.serving import daphne_node, im_node, uvicorn_node

    calls: Served = []

    def serve(server: str, listeners: list[socket.socket], *, until_stdin_closes: bool) -> None:
        ports = [listener.getsockname()[1] for listener in listeners]
        for listener in listeners:
            listener.close()
        calls.append((server, ports, until_stdin_closes))

    def serve_daphne(host: str, ports: dict[str, int], *, until_stdin_closes: bool) -> None:
        calls.append(("daphne", list(ports.values()), until_stdin_closes))

    settings.STATIC_ROOT = tmp_path / "static"
    settings.IM_CLUSTER = settings.IM_CLUSTER.copy()  # put back afterwards
    settings.IM_NODE_ROLES = ()
    monkeypatch.setattr(FieldFormatter, "node", "")
    monkeypatch.setenv("IM_NODE_PROCESSES", "1")
    monkeypatch.setattr(im_node, "serve_im", partial(serve, "im"))
    monkeypatch.setattr(uvicorn_node, "serve_uvicorn", partial(serve, "uvicorn"))
    monkeypatch.setattr(daphne_node, "serve_daphne", serve_daphne)
    return calls


@pytest.mark.django_db
@pytest.mark.parametrize("server", ["im", "uvicorn", "daphne"])
def test_the_chosen_server_gets_the_chosen_ports(served: Served, server: str) -> None:
    http_port, ws_port = take_port(), take_port()

    call_command("node", server=server, http_port=http_port, ws_port=ws_port, until_stdin_closes=True)

    assert served == [(server, [http_port, ws_port], True)]


@pytest.mark.django_db
def test_the_default_is_our_own(served: Served) -> None:
    http_port, ws_port = take_port(), take_port()

    call_command("node", http_port=http_port, ws_port=ws_port)

    assert served[0][0] == "im"


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
    http_port, ws_port = take_port(), take_port()
    options = ["--join", "a.example:8002", "--join", "[::1]:9002", "--name", "beijing-1", "--cluster-port", "9100"]

    call_command("node", *options, http_port=http_port, ws_port=ws_port)

    cluster = settings.IM_CLUSTER
    assert cluster["join"] == (("a.example", 8002), ("::1", 9002))
    assert (cluster["name"], cluster["port"], cluster["expect"]) == ("beijing-1", 9100, 0)


@pytest.mark.django_db
def test_founders_join_each_other(served: Served, settings: Any) -> None:
    http_port, ws_port = take_port(), take_port()

    call_command("node", "--join", "a.example:8002", "--expect", "3", http_port=http_port, ws_port=ws_port)

    assert settings.IM_CLUSTER["expect"] == 3


def test_what_is_no_node_is_one_line(served: Served) -> None:
    with pytest.raises(CommandError, match="HOST:PORT"):
        call_command("node", "--join", "nowhere")

    assert served == []


@pytest.mark.django_db
def test_roles_are_told_to_the_cluster_and_kept_by_the_process(served: Served, settings: Any) -> None:
    http_port, ws_port = take_port(), take_port()

    call_command("node", "--roles", "http,jobs", http_port=http_port, ws_port=ws_port)

    assert settings.IM_NODE_ROLES == settings.IM_CLUSTER["roles"] == ("http", "jobs")
    assert settings.IM_CLUSTER["weight"] == 0
    assert served == [("im", [http_port, ws_port], False)]


@pytest.mark.django_db
@pytest.mark.parametrize(("variable", "signed"), [("beijing", "beijing"), ("", "")])
def test_a_node_with_a_name_signs_its_log(
    served: Served, monkeypatch: pytest.MonkeyPatch, variable: str, signed: str
) -> None:
    monkeypatch.setenv("IM_NODE_NAME", variable)
    http_port, ws_port = take_port(), take_port()

    call_command("node", http_port=http_port, ws_port=ws_port)

    assert FieldFormatter.node == signed


@pytest.mark.django_db(transaction=True)
def test_several_processes_are_planned_with_their_ports_open_and_each_takes_its_part(
    served: Served, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    ran: list[tuple[Workers, bool]] = []
    monkeypatch.setattr(Workers, "run", lambda self, *, until_stdin_closes: ran.append((self, until_stdin_closes)))
    monkeypatch.setenv("IM_PROBE_PORT", str(take_port()))
    http_port, ws_port = take_port(), take_port()

    call_command("node", "--processes", "3", "--name", "n", http_port=http_port, ws_port=ws_port)

    [(crew, until_stdin_closes)] = ran
    parts = [
        (each.plan.name, each.plan.roles, [one.getsockname()[1] for one in each.listeners]) for each in crew._workers
    ]
    probe = crew._workers[0].plan.probe_port
    assert not until_stdin_closes
    assert parts == [
        ("n", ("ws", "http", "jobs"), [http_port, probe]),
        ("n-2", ("ws",), [ws_port, probe + 10]),
        ("n-3", ("ws",), [ws_port, probe + 20]),
    ]
    assert served == []
    for each in crew._workers:
        crew._serve(each.plan, each.listeners)
    assert served == [("im", ports, False) for _name, _roles, ports in parts]
    assert (FieldFormatter.node, settings.IM_NODE_ROLES, settings.IM_CLUSTER["votes"]) == ("n-3", ("ws",), False)


@pytest.mark.django_db
def test_daphne_is_one_process_whatever_was_asked_for(served: Served) -> None:
    http_port, ws_port = take_port(), take_port()

    call_command("node", "--processes", "4", server="daphne", http_port=http_port, ws_port=ws_port)

    assert served == [("daphne", [http_port, ws_port], False)]


@pytest.mark.parametrize("options", [["--processes", "none"], ["--processes", "65"], ["--roles", "ws,pages"]])
def test_numbers_and_roles_that_do_not_exist_are_refused(served: Served, options: list[str]) -> None:
    with pytest.raises(CommandError, match=options[0]):
        call_command("node", *options)

    assert served == []


@pytest.mark.django_db
def test_a_node_that_was_removed_ends_with_a_code_of_its_own(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def removed(*_arguments: object, **_options: object) -> None:
        raise NodeRemoved("removed from its cluster")

    monkeypatch.setattr(node, "_serve_here", removed)
    monkeypatch.setattr(node, "open_listeners", lambda *_: [])

    with pytest.raises(CommandError, match="removed from its cluster") as failure:
        call_command("node")

    assert failure.value.returncode == 3
