"""A cluster over IPv6: two real nodes on ::1 find each other, agree, answer operators, and link their data planes."""

import asyncio
import socket
from pathlib import Path

import pytest

from apps.cluster.runtime.asking import AdminRequest, ask_node
from apps.cluster.services import CannotStart, Cluster, start
from tests.cluster.live import RING, config, settled, until
from tests.cluster.runtime.ends import Clock, End


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")


async def test_nodes_form_a_cluster_and_answer_operators(tmp_path: Path) -> None:
    first = Cluster(config(tmp_path, "n0", host="::1"), lambda *_: None)
    second = Cluster(config(tmp_path, "n1", host="::1", join=(first.address,), expect=0), lambda *_: None)
    try:
        await until(lambda: settled(first, 2) and settled(second, 2))
        reply = await asyncio.to_thread(ask_node, second.address, RING, AdminRequest("status"))
    finally:
        second.stop()
        first.stop()

    assert {member["address"] for member in reply.result["members"]} == {
        f"[::1]:{node.address[1]}" for node in (first, second)
    }


async def test_data_links_carry_batches() -> None:
    clock = Clock()
    one, two = End(1, clock), End(2, clock)
    for end in (one, two):
        end.address = ("::1", await end.links.start("::1", 0))
    two.keep(one)
    one.keep(two)
    await one.hears("up", two.node)

    one.links.write(two.node, b"a")
    await two.hears(one.node, b"a")

    assert two.told == [("up", 1), (1, b"a")]
    for end in (one, two):
        await end.links.stop()


@pytest.mark.parametrize(
    ("host", "options"),
    [("::1", {"join": (("127.0.0.1", 8002),)}), ("127.0.0.1", {"advertise": "2001:db8::1"})],
    ids=["join", "advertise"],
)
def test_addresses_that_cannot_be_reached_from_where_a_node_listens_keep_it_from_starting(
    tmp_path: Path, host: str, options: dict[str, object]
) -> None:
    with pytest.raises(CannotStart, match="let all nodes of a cluster listen over the same one"):
        start(config(tmp_path, "n0", host=host, **options), lambda *_: None)
