from dataclasses import replace

import msgspec
import pytest

from apps.cluster.core.gossip.config import PACKET_BYTES_LEAST, GossipConfig
from apps.cluster.core.gossip.courier import HEAD_BYTES
from apps.cluster.core.gossip.messages import Alive, PingRequest
from apps.cluster.core.gossip.peers import INCARNATION_MAX
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.test_peers import LONGEST

CONFIG = GossipConfig()


@pytest.mark.parametrize(
    "knobs",
    [
        {"probe_timeout_ms": 1_000},
        {"probe_timeout_ms": 0},
        {"suspicion_mult": 0},
        {"gossip_fanout": 0},
        {"awareness_max": 0},
        {"peers_max": 0},
        {"indirect_probes": -1},
        {"packet_bytes": PACKET_BYTES_LEAST - 1},
        {"sync_bytes": PACKET_BYTES_LEAST - 1},
        {"push_pull_ms": 0},
    ],
    ids=str,
)
def test_knobs_that_do_not_fit_together_are_refused(knobs: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        replace(CONFIG, **knobs)


@pytest.mark.parametrize(("nodes", "least_ms"), [(1, 4_000), (3, 4_000), (10, 4_000), (100, 8_000), (1_000, 12_000)])
def test_a_suspicion_lasts_with_the_logarithm_of_the_nodes(nodes: int, least_ms: int) -> None:
    assert CONFIG.suspicion_least_ms(nodes) == pytest.approx(least_ms, abs=1)
    assert CONFIG.suspicion_most_ms(nodes) == 6 * CONFIG.suspicion_least_ms(nodes)


@pytest.mark.parametrize(("nodes", "wanted"), [(1, 0), (3, 0), (4, 2), (1_000, 2)])
def test_confirmations_are_wanted_where_there_are_others_to_give_them(nodes: int, wanted: int) -> None:
    assert CONFIG.confirmations(nodes) == wanted


def test_impatience_wants_no_confirmations() -> None:
    assert GossipConfig(suspicion_mult=1).confirmations(100) == 0


@pytest.mark.parametrize(("nodes", "times"), [(1, 4), (9, 4), (10, 8), (99, 8), (999, 12), (10_000, 20)])
def test_news_are_passed_on_more_often_among_more_nodes(nodes: int, times: int) -> None:
    assert CONFIG.retransmits(nodes) == times


def test_the_smallest_packet_holds_the_longest_news_with_the_longest_head() -> None:
    node, address = NodeId((1 << 63) - 1), ("h" * 253, 65_535)
    news = Alive(node, address, INCARNATION_MAX, LONGEST)

    packed = msgspec.msgpack.encode(PingRequest((1 << 32) - 1, node, address, ()))

    assert len(packed) <= HEAD_BYTES + 253 + 8
    assert HEAD_BYTES + len(msgspec.msgpack.encode(news)) <= PACKET_BYTES_LEAST
