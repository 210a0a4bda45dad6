from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.proposals import TICKET_BITS, Proposals
from apps.cluster.core.state import ReleaseLease

COMMAND = ReleaseLease("key", 1)
NODE = NodeId(1)


def proposals(limit: int = 10, boot: int = 3) -> Proposals:
    return Proposals(boot, timeout_ms=1_000, retry_ms=100, limit=limit)


def test_requests_grow_within_a_boot_and_over_boots() -> None:
    first = proposals(boot=3)
    requests = [first.open(COMMAND, 0).request for _ in range(3)]

    later = proposals(boot=4).open(COMMAND, 0).request

    assert requests == sorted(set(requests))
    assert requests[-1] < later
    assert later >> TICKET_BITS == 4


def test_it_is_full_at_its_limit_and_not_below() -> None:
    waiting = proposals(limit=2)
    waiting.open(COMMAND, 0)
    fullness = [waiting.full]

    second = waiting.open(COMMAND, 0)
    fullness.append(waiting.full)
    waiting.close(second)
    fullness.append(waiting.full)

    assert fullness == [False, True, False]
    assert len(waiting) == 1


def test_a_renewed_proposal_answers_to_its_new_request_and_keeps_its_ticket() -> None:
    waiting = proposals()
    pending = waiting.open(COMMAND, 0)
    old, ticket = pending.request, pending.ticket

    waiting.renew(pending)

    assert waiting.of_request(old) is None
    assert waiting.of_request(pending.request) is pending
    assert pending.request > old
    assert pending.ticket == ticket


def test_what_is_due_is_tried_with_lower_requests_first() -> None:
    waiting = proposals()
    first, second = waiting.open(COMMAND, 0), waiting.open(COMMAND, 0)
    waiting.renew(first)

    due = waiting.due(100, everything=False)

    assert due == [second, first]
    assert waiting.due(199, everything=False) == []
    assert waiting.due(199, everything=True) == [second, first]


def test_it_says_when_something_is_due_and_nothing_when_nothing_waits() -> None:
    waiting = proposals()
    idle = waiting.next_deadline_ms
    pending = waiting.open(COMMAND, 50)
    waiting.open(COMMAND, 60)
    before = waiting.next_deadline_ms

    waiting.due(150, everything=False)

    assert idle is None
    assert before == 150
    assert waiting.next_deadline_ms == 160
    waiting.close(pending)
    assert waiting.next_deadline_ms == 160


def test_what_waits_too_long_is_given_up() -> None:
    waiting = proposals()
    late, young = waiting.open(COMMAND, 0), waiting.open(COMMAND, 1)

    expired = waiting.expired(1_000)

    assert expired == [late]
    assert waiting.of_request(late.request) is None
    assert waiting.of_request(young.request) is young


def test_a_read_is_answerable_once_its_index_is_applied() -> None:
    waiting = proposals()
    command, read = waiting.open(COMMAND, 0), waiting.open(None, 0)
    unasked = waiting.answerable(10)
    waiting.read_at(read.ticket, 7)
    waiting.read_at(command.ticket, 7)

    early, ready = waiting.answerable(6), waiting.answerable(7)

    assert unasked == early == []
    assert ready == [read]
    assert len(waiting) == 1


def test_a_snapshot_makes_commands_uncertain_and_reads_not() -> None:
    waiting = proposals()
    command, read = waiting.open(COMMAND, 0), waiting.open(None, 0)

    waiting.mark_uncertain()

    assert command.uncertain
    assert not read.uncertain
