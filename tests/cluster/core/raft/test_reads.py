import pytest

from apps.cluster.core.raft.reads import Read, ReadQueue
from tests.cluster.core.raft.build import ONE, TWO


def wants(reads: ReadQueue) -> bool:
    """Ask anew: the type checker does not expect an answer to change."""
    return reads.wants_round


def test_a_read_waits_for_a_round_that_begins_after_it() -> None:
    reads = ReadQueue(9)
    reads.add(ONE, 7)

    assert wants(reads)
    assert reads.proved(3) == (0, [])
    reads.began(4, commit=12)
    assert not wants(reads)
    assert reads.proved(3) == (12, [])
    assert reads.proved(4) == (12, [Read(ONE, 7)])


def test_reads_that_come_meanwhile_share_the_next_round() -> None:
    reads = ReadQueue(9)
    reads.add(ONE, 7)
    reads.began(1, commit=12)
    reads.add(ONE, 8)
    reads.add(TWO, 9)

    reads.began(2, commit=13)
    assert reads.proved(2) == (12, [Read(ONE, 7)])

    assert reads.wants_round
    reads.began(3, commit=14)
    assert reads.proved(5) == (14, [Read(ONE, 8), Read(TWO, 9)])


def test_a_round_without_reads_answers_none() -> None:
    reads = ReadQueue(9)

    reads.began(1, commit=12)

    assert not reads.wants_round
    assert reads.proved(1) == (0, [])


def test_the_queue_is_bounded() -> None:
    reads = ReadQueue(2)
    reads.add(ONE, 7)
    reads.began(1, commit=1)
    reads.add(ONE, 8)

    assert reads.full
    with pytest.raises(AssertionError):
        reads.add(ONE, 9)
