import random
from collections.abc import Sequence

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.formation import CLAIM_PATIENCE_MS, CLAIM_PAUSE_MS, CLAIM_RETRY_MS, Formation
from apps.cluster.core.node.identity import Claim
from apps.cluster.core.node.messages import ClaimReply, ClaimRequest, ClaimWithdrawn

A, B, C, D = NodeId(1), NodeId(2), NodeId(3), NodeId(4)
SOME = Claim("some", (A, B, C))


def formation(me: NodeId, expect: int = 3, claim: Claim | None = None, cluster_id: str = "") -> Formation:
    return Formation(me, expect, cluster_id, claim, random.Random(me))


def began(me: NodeId = A, free: Sequence[NodeId] = (A, B, C)) -> tuple[Formation, Claim]:
    machine = formation(me)
    machine.tick(free, False, 0)
    machine.take()
    assert machine.claim is not None
    return machine, machine.claim


def test_the_smallest_of_enough_nodes_asks_the_others() -> None:
    machine = formation(A)

    machine.tick([A, B, C, D], False, 0)

    assert machine.claim is not None
    assert machine.claim.voters == (A, B, C)
    assert machine.take() == [(B, ClaimRequest(machine.claim)), (C, ClaimRequest(machine.claim))]
    assert not machine.complete


@pytest.mark.parametrize(("me", "free", "seen"), [(B, [A, B, C], False), (A, [A, B], False), (A, [A, B, C], True)])
def test_nobody_asks_who_is_not_smallest_or_too_few_or_sees_a_cluster(
    me: NodeId, free: list[NodeId], seen: bool
) -> None:
    machine = formation(me)

    machine.tick(free, seen, 0)

    assert machine.claim is None
    assert machine.take() == []


def test_one_expected_node_is_complete_at_once() -> None:
    machine = formation(A, expect=1, cluster_id="mine")

    machine.tick([A], False, 0)

    assert machine.complete
    assert machine.claim == Claim("mine", (A,))


def test_all_promises_complete_it_and_not_one_fewer() -> None:
    machine, claim = began()

    machine.receive_reply(B, ClaimReply(claim.cluster_id, True), 1)
    machine.receive_reply(D, ClaimReply(claim.cluster_id, True), 1)
    machine.receive_reply(D, ClaimReply(claim.cluster_id, False), 1)
    before = machine.complete
    machine.receive_reply(C, ClaimReply(claim.cluster_id, True), 1)

    assert not before
    assert machine.complete


def test_who_has_not_promised_is_asked_again() -> None:
    machine, claim = began()
    machine.receive_reply(B, ClaimReply(claim.cluster_id, True), 1)

    machine.tick([A, B, C], False, CLAIM_RETRY_MS - 1)
    early = machine.take()
    machine.tick([A, B, C], False, machine.next_deadline_ms)

    assert early == []
    assert machine.take() == [(C, ClaimRequest(claim))]


def test_a_node_promises_once() -> None:
    machine = formation(C)

    taken = machine.receive_request(A, SOME, 0)
    machine.receive_request(B, Claim("other", (B, C, D)), 0)

    assert taken
    assert machine.claim == SOME
    assert machine.take() == [(A, ClaimReply("some", True)), (B, ClaimReply("other", False))]


def test_a_repeated_request_is_promised_again() -> None:
    machine = formation(C, claim=SOME)

    machine.receive_request(A, SOME, 0)

    assert machine.take() == [(A, ClaimReply("some", True))]


@pytest.mark.parametrize(
    ("sender", "claim"),
    [(B, SOME), (A, Claim("x", (A, B, D))), (A, Claim("x", (A, C, B))), (A, Claim("x", (A, C, C)))],
)
def test_a_claim_that_its_sender_may_not_make_is_refused_without_an_answer(sender: NodeId, claim: Claim) -> None:
    machine = formation(C)

    taken = machine.receive_request(sender, claim, 0)

    assert not taken
    assert machine.claim is None
    assert machine.take() == []


@pytest.mark.parametrize(("claim", "wanted"), [(Claim("some", (A, C)), ""), (SOME, "other")])
def test_a_claim_of_another_size_or_cluster_than_configured_is_not_promised(claim: Claim, wanted: str) -> None:
    machine = formation(C, cluster_id=wanted)

    machine.receive_request(A, claim, 0)

    assert machine.claim is None
    assert machine.take() == [(A, ClaimReply("some", False))]


def test_a_coordinator_gives_way_to_a_smaller_one() -> None:
    machine, own = began(B, (B, C, D))

    machine.receive_request(A, SOME, 0)

    assert machine.claim == SOME
    assert (C, ClaimWithdrawn(own.cluster_id)) in machine.take()


def test_a_coordinator_refuses_a_larger_one() -> None:
    machine, own = began(A, (A, B, C))

    machine.receive_request(B, Claim("other", (B,)), 0)
    machine.receive_request(C, Claim("late", (A, C, D)), 0)

    assert machine.claim == own
    assert machine.take() == []


def test_a_refusal_makes_the_coordinator_give_up_for_a_while() -> None:
    machine, claim = began()

    machine.receive_reply(C, ClaimReply(claim.cluster_id, False), 10)

    assert machine.claim is None
    assert machine.take() == [(B, ClaimWithdrawn(claim.cluster_id)), (C, ClaimWithdrawn(claim.cluster_id))]
    assert 10 <= machine.next_deadline_ms <= 10 + CLAIM_PAUSE_MS


def test_a_silent_voter_is_not_waited_for_for_ever() -> None:
    machine, claim = began()

    machine.tick([A, B], False, CLAIM_PATIENCE_MS)

    assert machine.claim is None
    assert (B, ClaimWithdrawn(claim.cluster_id)) in machine.take()


def test_a_cluster_that_exists_ends_a_claim() -> None:
    machine, _ = began()

    machine.tick([A, B, C], True, CLAIM_RETRY_MS)

    assert machine.claim is None


def test_a_promise_for_a_claim_that_is_no_longer_made_is_given_back() -> None:
    machine, claim = began()
    machine.withdraw(0)
    machine.take()

    machine.receive_reply(B, ClaimReply(claim.cluster_id, True), 0)
    machine.receive_reply(C, ClaimReply(claim.cluster_id, False), 0)

    assert machine.take() == [(B, ClaimWithdrawn(claim.cluster_id))]


def test_a_promiser_keeps_telling_its_coordinator_and_is_freed_only_by_it() -> None:
    machine = formation(C, claim=SOME)

    machine.tick([A, B, C], True, 0)
    machine.receive_withdrawn(B, "some")
    machine.receive_withdrawn(A, "other")
    held = machine.claim
    machine.receive_withdrawn(A, "some")

    assert machine.take() == [(A, ClaimReply("some", True))]
    assert held == SOME
    assert machine.claim is None


def test_nobody_withdraws_a_coordinators_own_claim_for_it() -> None:
    machine, claim = began()

    machine.receive_withdrawn(A, claim.cluster_id)

    assert machine.claim == claim


def test_a_claim_of_ones_own_is_taken_up_again_after_a_restart() -> None:
    machine = formation(A, claim=SOME)

    machine.tick([A], False, 0)
    machine.receive_reply(B, ClaimReply("some", True), 1)
    machine.receive_reply(C, ClaimReply("some", True), 1)

    assert machine.take() == [(B, ClaimRequest(SOME)), (C, ClaimRequest(SOME))]
    assert machine.complete
