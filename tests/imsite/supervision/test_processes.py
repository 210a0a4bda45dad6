"""The processes of a node are members of their own that share its ports, and the number may change with each start."""

from pathlib import Path
from typing import Any

import pytest

from imsite.errors import OperatorError
from imsite.supervision.processes import PAGES_NICENESS, ProcessPlan, divides, plan_processes, possible

CLUSTER: dict[str, Any] = {
    "name": "n",
    "host": "0.0.0.0",
    "port": 8002,
    "data_port": 8003,
    "folder": Path("/data/cluster"),
    "join": (("im-2", 8002),),
    "expect": 3,
    "weight": 100,
    "public_url": "wss://im.example/ws/v1",
}
PORTS = {"IM_HTTP_PORT": 8000, "IM_WS_PORT": 8001}
ALL = ("ws", "http", "jobs")


def plan(
    count: int, roles: tuple[str, ...] = (), ports: dict[str, int] | None = None, **other: Any
) -> list[ProcessPlan]:
    return plan_processes(CLUSTER | other, ports or PORTS, count=count, roles=roles, probe_port=8004)


def told(process: ProcessPlan) -> dict[str, Any]:
    """What the process's place in the cluster is."""
    return CLUSTER | dict(process.cluster)


def test_one_alone_is_the_node_of_the_settings_and_does_everything() -> None:
    [only] = plan(1)

    assert (only.name, only.roles, only.ports, only.niceness) == ("n", ALL, PORTS, 0)
    assert told(only) == CLUSTER | {"roles": ALL}


def test_the_first_alone_serves_pages_and_the_others_serve_the_port_of_sessions() -> None:
    first, *others = plan(3)

    assert (first.roles, first.ports) == (ALL, {"IM_HTTP_PORT": 8000})
    assert [(each.roles, each.ports) for each in others] == [(("ws",), {"IM_WS_PORT": 8001})] * 2
    assert [told(each)["weight"] for each in (first, *others)] == [0, 100, 100]
    assert [each.niceness for each in (first, *others)] == [PAGES_NICENESS, 0, 0]


def test_on_one_port_for_everything_all_do_everything() -> None:
    processes = plan(2, ports={"IM_HTTP_PORT": 8000, "IM_WS_PORT": 8000})

    assert [(each.roles, told(each)["weight"], each.niceness) for each in processes] == [(ALL, 100, 0)] * 2
    assert not divides({"IM_HTTP_PORT": 1, "IM_WS_PORT": 1}, (), 2)
    assert divides(PORTS, (), 2)
    assert not divides(PORTS, (), 1)


@pytest.mark.parametrize("count", [1, 2])
def test_roles_that_are_given_are_those_of_all(count: int) -> None:
    processes = plan(count, ("ws", "jobs"))

    assert [(each.roles, each.ports, told(each)["weight"]) for each in processes] == [
        (("ws", "jobs"), PORTS, 100)
    ] * count


@pytest.mark.parametrize("count", [1, 2])
def test_no_slot_and_no_client_is_sent_to_one_without_sessions(count: int) -> None:
    for process in plan(count, ("http",)):
        assert (told(process)["weight"], told(process)["public_url"]) == (0, "")


def test_further_ones_join_the_first_and_can_neither_found_a_cluster_nor_vote() -> None:
    first, second, third = (told(process) for process in plan(3))

    assert (first["expect"], first["join"], first.get("votes", True)) == (3, CLUSTER["join"], True)
    assert (second["expect"], second["join"]) == (0, (("127.0.0.1", 8002), ("im-2", 8002)))
    assert not second["votes"]
    assert not third["votes"]


def test_each_has_a_name_a_folder_and_ports_of_its_own() -> None:
    processes = [told(process) for process in plan(3)]

    assert [process["name"] for process in processes] == ["n", "n-2", "n-3"]
    assert [str(process["folder"]) for process in processes] == ["/data/cluster", "/data/cluster-2", "/data/cluster-3"]
    assert [(process["port"], process["data_port"]) for process in processes] == [
        (8002, 8003),
        (8012, 8013),
        (8022, 8023),
    ]
    assert [process.probe_port for process in plan(3)] == [8004, 8014, 8024]
    assert [len(process.name) for process in plan(2, name="x" * 64)] == [64, 64]


def test_what_each_was_is_the_same_for_any_number_of_others() -> None:
    assert plan(5)[:3] == plan(3)


def test_a_host_of_its_own_is_where_the_others_look_for_the_first() -> None:
    assert told(plan(2, host="10.0.0.7")[1])["join"][0] == ("10.0.0.7", 8002)
    assert told(plan(2, host="::")[1])["join"][0] == ("::1", 8002)


def test_ports_that_do_not_exist_are_refused() -> None:
    with pytest.raises(OperatorError, match="3 processes need ports up to 65540"):
        plan(3, data_port=65_520)


def test_where_processes_are_not_forked_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.fork")

    assert possible(4, server="im", layer="slots") == 1


def test_daphne_and_a_layer_within_the_process_are_served_by_one() -> None:
    asked = {"im": "slots", "uvicorn": "redis", "daphne": "slots"}

    assert [possible(4, server=server, layer=layer) for server, layer in asked.items()] == [4, 4, 1]
    assert possible(4, server="im", layer="inprocess") == 1
