from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Append, AppendReply, InstallSnapshot, Membership, RaftConfig, RaftMessage
from apps.cluster.core.raft.member import Member
from apps.cluster.core.raft.progress import Stage
from apps.cluster.core.raft.replication import Replication
from tests.cluster.core.raft.build import FOUR, ONE, THREE, TWO, entries, entry, snapshot, stored
from tests.cluster.core.raft.network import FixedChance


def leading(*terms: int, **config: int) -> tuple[Member, Replication]:
    """Return a leader of term 5 with a log behind 1:1 that ends with its own first entry, on its disk."""
    disk = stored(5, 1, 1, snapshot(1, 1, 1, 2, 3), *entries(2, *terms))
    member = Member(RaftConfig(ONE, **config), disk, FixedChance(0), 0)
    replication = Replication(member)
    member.log.append(entry(member.log.last_index + 1, 5))
    member.log.stable_to(member.log.last_index)
    return member, replication


def taken(member: Member) -> list[tuple[NodeId, RaftMessage]]:
    sent, member.outbox = list(member.outbox), []
    return sent


def accept(index: int) -> AppendReply:
    return AppendReply(5, index, False, 0, 0)


def test_a_new_leader_asks_everybody_whether_the_logs_agree_before_its_term() -> None:
    member, replication = leading(1, 2)

    replication.flush(0)

    append = Append(5, 3, 2, (entry(4, 5),), 1)
    assert taken(member) == [(TWO, append), (THREE, append)]
    replication.flush(0)
    assert taken(member) == []


def test_everything_proposed_before_goes_in_one_append() -> None:
    member, replication = leading()
    replication.on_reply(TWO, accept(2))
    replication.flush(0)
    taken(member)

    for index in (3, 4, 5):
        member.log.append(entry(index, 5))
    replication.stirred = True
    replication.flush(0)

    assert taken(member) == [(TWO, Append(5, 2, 5, entries(3, 5, 5, 5), 2))]


def test_a_long_log_goes_in_pieces() -> None:
    member, replication = leading(max_append_bytes=4)
    for index in (3, 4, 5):
        member.log.append(entry(index, 5, b"abc"))
    replication.on_reply(TWO, accept(2))

    replication.flush(0)

    pieces = [message for to, message in taken(member) if to == TWO and isinstance(message, Append)]
    assert [[e.index for e in piece.entries] for piece in pieces] == [[3], [4], [5]]


def test_an_entry_of_the_own_term_on_a_majority_is_decided_with_all_before() -> None:
    member, replication = leading(1, 2)

    assert not replication.settled
    assert replication.on_reply(THREE, accept(4))

    assert member.log.commit == 4
    assert replication.settled


def test_entries_of_earlier_terms_are_not_decided_by_counting() -> None:
    member, replication = leading(1, 2)

    assert not replication.on_reply(TWO, accept(3))
    assert not replication.on_reply(THREE, accept(3))

    assert member.log.commit == 1


def test_the_own_log_counts_from_its_disk_only() -> None:
    member, replication = leading()
    member.log.append(entry(3, 5))

    replication.on_reply(TWO, accept(3))
    assert member.log.commit == 2

    member.log.stable_to(3)
    assert replication.decide()
    assert member.log.commit == 3


def test_an_answer_that_tells_nothing_new_decides_nothing() -> None:
    _, replication = leading()
    replication.on_reply(TWO, accept(2))

    assert not replication.on_reply(TWO, accept(2))
    assert not replication.on_reply(TWO, accept(1))


def test_an_answer_beyond_the_log_is_not_believed() -> None:
    member, replication = leading()

    assert not replication.on_reply(TWO, accept(99))

    assert replication.match_of(TWO) == 0
    assert member.rejected == {"beyond_log": 1}


def test_a_refusal_leads_back_over_the_own_terms_as_well() -> None:
    member, replication = leading(1, 2, 4, 4)
    replication.flush(0)
    taken(member)

    replication.on_reply(TWO, AppendReply(5, 5, True, 5, 3))
    replication.flush(0)

    (to, append) = taken(member)[0]
    assert to == TWO
    assert isinstance(append, Append)
    assert (append.prev_index, append.prev_term) == (3, 2)


def test_who_needs_what_is_gone_gets_the_snapshot() -> None:
    member, replication = leading()
    replication.flush(0)
    taken(member)

    replication.on_reply(TWO, AppendReply(5, 1, True, 0, 0))
    replication.flush(0)

    assert taken(member) == [(TWO, InstallSnapshot(5, snapshot(1, 1, 1, 2, 3)))]
    assert replication.progress[TWO].stage is Stage.SNAPSHOT


def test_the_news_of_a_commit_goes_to_everybody_who_may_get_it() -> None:
    member, replication = leading()
    replication.flush(0)
    taken(member)

    replication.on_reply(TWO, accept(2))
    replication.flush(0)

    assert taken(member) == [(TWO, Append(5, 2, 5, (), 2))]


def test_new_members_are_taken_in_and_those_who_left_forgotten() -> None:
    member, replication = leading()
    replication.on_reply(TWO, accept(2))

    member.membership = Membership((ONE, TWO), (FOUR,))
    replication.adopt_membership()

    assert sorted(replication.progress) == [TWO, FOUR]
    assert replication.match_of(TWO) == 2
    assert replication.progress[FOUR].next == 3
