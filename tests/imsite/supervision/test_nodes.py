"""Several nodes on one machine get names, ports and folders of their own, and know each other."""

import time

import pytest

from imsite.env import Environment, SettingError
from imsite.errors import OperatorError
from imsite.supervision.nodes import NodePlan, SupervisedNode, plan_nodes, reachable_host

ALONE = Environment({"IM_DATA_DIR": "/data"})


def test_a_node_alone_is_what_the_environment_says() -> None:
    (plan,) = plan_nodes(ALONE, 1)

    assert plan == NodePlan(ALONE, {})
    assert plan.ports == {
        "IM_HTTP_PORT": 8000,
        "IM_WS_PORT": 8001,
        "IM_CLUSTER_PORT": 8002,
        "IM_CLUSTER_DATA_PORT": 8003,
    }


def test_each_further_node_has_ports_ten_higher() -> None:
    plans = plan_nodes(ALONE, 3)

    assert [plan.ports["IM_HTTP_PORT"] for plan in plans] == [8000, 8010, 8020]
    assert [plan.http_address for plan in plans] == [f"http://127.0.0.1:{port}" for port in (8000, 8010, 8020)]
    assert len({port for plan in plans for port in plan.ports.values()}) == 12


def test_nodes_form_one_cluster_and_know_all_the_others() -> None:
    plans = plan_nodes(ALONE, 3)

    for plan in plans:
        own = ("127.0.0.1", plan.environment.cluster_port)
        assert plan.environment.cluster_expect == 3
        assert {own, *plan.environment.cluster_join} == {("127.0.0.1", port) for port in (8002, 8012, 8022)}
        assert own not in plan.environment.cluster_join


def test_nodes_of_a_cluster_to_look_at_have_folders_apart_from_that_of_a_node_alone() -> None:
    folders = [str(plan.environment.cluster_dir) for plan in plan_nodes(ALONE, 3)]

    assert folders == [f"/data/cluster-of-3/node-{number}" for number in (1, 2, 3)]
    assert str(plan_nodes(ALONE, 1)[0].environment.cluster_dir) == "/data/cluster"
    assert not set(folders) & {str(plan.environment.cluster_dir) for plan in plan_nodes(ALONE, 2)}


def test_each_process_of_a_node_is_asked_whether_it_is_well() -> None:
    (plan,) = plan_nodes(ALONE, 1)

    assert plan.probes(1) == ["http://127.0.0.1:8000"]
    assert plan.probes(3) == [f"http://127.0.0.1:{port}" for port in (8004, 8014, 8024)]


def test_sessions_are_reached_at_their_own_node_unless_a_proxy_stands_in_front() -> None:
    behind = Environment({"IM_PUBLIC_WS_URL": "wss://im.example/ws/v1"})

    assert [plan.environment.public_ws_url for plan in plan_nodes(ALONE, 2)] == [
        "ws://127.0.0.1:8001/ws/v1",
        "ws://127.0.0.1:8011/ws/v1",
    ]
    assert {plan.environment.public_ws_url for plan in plan_nodes(behind, 2)} == {"wss://im.example/ws/v1"}


@pytest.mark.parametrize("count", [0, -1, 6])
def test_too_few_or_too_many_are_refused(count: int) -> None:
    with pytest.raises(OperatorError, match=f"from 1 to 5, not {count}"):
        plan_nodes(ALONE, count)


def test_ports_that_do_not_exist_are_refused_before_anything_is_started() -> None:
    with pytest.raises(SettingError, match="65540"):
        plan_nodes(Environment({"IM_HTTP_PORT": "65530"}), 2)


@pytest.mark.parametrize(
    ("bound", "reached"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("10.0.0.1", "10.0.0.1"), ("fe80::1", "[fe80::1]")],
)
def test_a_server_on_any_address_is_reached_on_the_loopback(bound: str, reached: str) -> None:
    assert reachable_host(bound) == reached


def test_a_node_that_dies_is_started_again_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    starts: list[str] = []
    monkeypatch.setattr("imsite.supervision.nodes.time.sleep", lambda _: None)
    node = SupervisedNode(plan_nodes(ALONE, 1)[0], server="uvicorn", processes=1)
    monkeypatch.setattr(node.child, "start", lambda: starts.append("start"))
    node.child._started_at = time.monotonic()

    def die_for_ever() -> None:
        for _ in range(100):
            node.restart()

    with pytest.raises(OperatorError, match="again and again"):
        die_for_ever()
    assert 0 < len(starts) < 100
