import pytest
from msgspec.structs import replace

from apps.cluster.core.gossip import Status
from apps.cluster.core.gossip.digest import Digest, bucket_of, fingerprint
from apps.cluster.core.gossip.messages import DIGEST_BYTES
from tests.cluster.core.gossip.samples import peer


def digest_of(*peers: object) -> Digest:
    digest = Digest()
    for one in peers:
        digest.turn(one)  # type: ignore[arg-type]
    return digest


def test_the_order_in_which_peers_came_does_not_matter() -> None:
    assert digest_of(peer(2), peer(66), peer(3)).pack() == digest_of(peer(3), peer(2), peer(66)).pack()


def test_a_peer_taken_out_leaves_no_trace() -> None:
    assert digest_of(peer(2), peer(66), peer(66)).pack() == digest_of(peer(2)).pack()


@pytest.mark.parametrize(
    "other",
    [replace(peer(5), incarnation=11), replace(peer(5), address=("h5", 9)), replace(peer(5), address=("h6", 8002))],
)
def test_news_of_a_peer_show_in_its_part_alone(other: object) -> None:
    mine = digest_of(peer(4), peer(5))

    assert mine.differing(digest_of(peer(4), other).pack()) == (bucket_of(peer(5).node),)
    assert mine.differing(mine.pack()) == ()


def test_two_steps_of_two_peers_in_one_part_do_not_cancel_out() -> None:
    before = digest_of(peer(1, incarnation=10), peer(65, incarnation=10))

    after = digest_of(peer(1, incarnation=11), peer(65, incarnation=11))

    assert before.differing(after.pack()) == (1,)


def test_only_the_living_count() -> None:
    assert fingerprint(peer(2, Status.DEAD)) == fingerprint(peer(2, Status.LEFT)) == 0
    assert fingerprint(peer(2, Status.SUSPECT)) == fingerprint(peer(2)) != 0


def test_it_has_a_fixed_size() -> None:
    assert len(digest_of(*(peer(node) for node in range(1, 200))).pack()) == DIGEST_BYTES
