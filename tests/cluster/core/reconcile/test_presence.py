"""Who is heard, lost, stable, down: what a leader remembers, and what it takes over from gossip."""

from dataclasses import replace

from apps.cluster.core.gossip import Status
from apps.cluster.core.reconcile.evidence import Evidence
from tests.cluster.core.reconcile.situations import (
    LONG_AGO_MS,
    NOW_MS,
    STRANGER,
    A,
    B,
    C,
    contact,
    evidence,
    peer,
    presence_of,
    state_of,
)

STATE = state_of(A, B)


def later(seen: Evidence, by_ms: int, acked_ms: int | None) -> Evidence:
    """The same a while later, with B's last answer at `acked_ms`."""
    return replace(seen, now_ms=seen.now_ms + by_ms, contacts={**seen.contacts, B: contact(acked_ms)})


def test_the_leader_always_hears_itself() -> None:
    presence = presence_of(STATE, evidence((A, B), contacts={A: contact(None)}))

    assert presence.heard(A)
    assert presence.silence_ms(A) == 0
    assert presence.stable(A)


def test_a_member_is_quiet_before_it_is_lost() -> None:
    def after(silence_ms: int) -> tuple[bool, bool]:
        presence = presence_of(STATE, evidence((A, B), contacts={B: contact(NOW_MS - silence_ms)}))
        return presence.heard(B), presence.lost(B)

    assert after(300) == (True, False)
    assert after(301) == (False, False)
    assert after(699) == (False, False)
    assert after(700) == (False, True)


def test_a_new_leader_waits_less_for_whom_it_has_never_heard() -> None:
    def after(reign_ms: int) -> tuple[bool, bool]:
        seen = evidence((A, B), contacts={B: contact(None)}, leader_since_ms=NOW_MS - reign_ms)
        presence = presence_of(STATE, seen)
        return presence.heard(B), presence.lost(B)

    assert after(299) == (False, False)
    assert after(300) == (False, True)


def test_who_is_not_in_the_log_is_not_heard() -> None:
    presence = presence_of(STATE, evidence((A,), peers={B: peer(B)}))

    assert not presence.heard(B)
    assert presence.lost(B)
    assert not presence.stable(B)


def test_before_the_election_the_word_of_gossip_counts() -> None:
    def stable(status: Status, since_ms: int) -> bool:
        return presence_of(STATE, evidence((A, B), peers={B: peer(B, status, since_ms)})).stable(B)

    assert stable(Status.ALIVE, NOW_MS - 10_000)
    assert not stable(Status.ALIVE, NOW_MS - 9_999)
    assert not stable(Status.DEAD, LONG_AGO_MS)
    assert not stable(Status.ALIVE, NOW_MS + 50)


def test_without_a_word_of_gossip_stability_begins_now() -> None:
    seen = evidence((A, B))
    silent_gossip = replace(seen, peers={})

    presence = presence_of(STATE, silent_gossip, later(silent_gossip, 9_999, NOW_MS + 9_999))
    before = presence.stable(B)
    presence.observe(later(silent_gossip, 10_000, NOW_MS + 10_000), frozenset({A, B}))

    assert (before, presence.stable(B)) == (False, True)


def test_a_gap_begins_the_wait_anew() -> None:
    seen = evidence((A, B))
    gap = later(seen, 700, NOW_MS)
    back = later(seen, 800, NOW_MS + 800)

    presence = presence_of(STATE, seen, gap, back)
    soon = presence.stable(B)
    presence.observe(later(seen, 10_799, NOW_MS + 10_799), frozenset({A, B}))
    almost = presence.stable(B)
    presence.observe(later(seen, 10_800, NOW_MS + 10_800), frozenset({A, B}))

    assert (soon, almost, presence.stable(B)) == (False, False, True)


def test_a_short_silence_is_no_gap() -> None:
    seen = evidence((A, B))

    presence = presence_of(STATE, seen, later(seen, 600, NOW_MS), later(seen, 700, NOW_MS + 700))

    assert presence.stable(B)


def test_a_member_is_down_when_log_and_gossip_miss_it() -> None:
    silent = {B: contact(NOW_MS - 60_000)}

    def down_ms(status: Status) -> int:
        seen = evidence((A, B), contacts=silent, peers={B: peer(B, status, NOW_MS - 50_000)})
        return presence_of(STATE, seen).down_ms(B)

    assert down_ms(Status.DEAD) == down_ms(Status.LEFT) == 50_000
    assert down_ms(Status.ALIVE) == down_ms(Status.SUSPECT) == 0


def test_one_that_answers_is_not_down_whatever_gossip_says() -> None:
    presence = presence_of(STATE, evidence((A, B), peers={B: peer(B, Status.DEAD)}))

    assert presence.down_ms(B) == 0


def test_one_of_whom_gossip_never_heard_is_down_from_now_on() -> None:
    seen = replace(evidence((A, B), contacts={B: contact(NOW_MS - 60_000)}), peers={})

    presence = presence_of(STATE, seen, later(seen, 5_000, NOW_MS - 60_000))

    assert presence.down_ms(B) == 5_000


def test_being_back_ends_being_down() -> None:
    dead = evidence((A, B), contacts={B: contact(NOW_MS - 60_000)}, peers={B: peer(B, Status.DEAD)})

    presence = presence_of(STATE, dead)
    before_ms = presence.down_ms(B)
    presence.observe(later(dead, 100, NOW_MS + 100), frozenset({A, B}))

    assert (before_ms, presence.down_ms(B)) == (NOW_MS - LONG_AGO_MS, 0)


def test_only_those_who_said_goodbye_have_departed() -> None:
    seen = evidence((A, B, C), peers={B: peer(B, Status.LEFT), C: peer(C, Status.DEAD)})

    presence = presence_of(STATE, seen)

    assert [presence.departed(node) for node in (A, B, C)] == [False, True, False]
    assert not presence.departed(STRANGER)


def test_of_who_is_no_longer_a_member_nothing_is_remembered() -> None:
    seen = evidence((A, B))
    without = evidence((A,), now_ms=NOW_MS + 100)
    again = evidence((A, B), now_ms=NOW_MS + 200, peers={B: peer(B, Status.DEAD)})

    presence = presence_of(STATE, seen)
    presence.observe(without, frozenset({A}))
    presence.observe(again, frozenset({A, B}))

    assert presence.heard(B)
    assert not presence.stable(B)
