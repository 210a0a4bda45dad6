"""The session machine when the server speaks first: what is pushed, and gaps in it."""

from apps.gateway.session import Limits
from apps.wire.errors import CloseCode
from apps.wire.frames import (
    Received,
)
from tests.gateway.session.conversing import changed, fresh, hand, welcome, welcomed
from tests.gateway.session.frames import (
    OTHER_ROOM,
    ROOM,
    START,
    outcome,
    sign_in,
    text_of,
)


class TestPushing:
    def test_an_event_is_sent_at_once(self) -> None:
        assert outcome(welcomed().push(ROOM, 1, '{"n":1}', START)) == [{"n": 1}]

    def test_a_frame_without_seq_is_sent_once_and_forgotten(self) -> None:
        session = welcomed()

        assert outcome(session.push(None, 0, '{"op":"cursor"}', START)) == [{"op": "cursor"}]
        assert outcome(session.tick(START + 20_000)) == []

    def test_unacknowledged_events_are_sent_again_three_times_then_changed(self) -> None:
        session = welcomed()
        session.push(ROOM, 1, '{"n":1}', START)
        session.push(ROOM, 2, '{"n":2}', START)

        rounds = [outcome(session.tick(START + at)) for at in (9_000, 10_000, 11_000, 20_000, 30_000, 40_000, 50_000)]

        again = [{"n": 1}, {"n": 2}]
        assert rounds == [[], again, [], again, again, [changed(ROOM, 2)], []]

    def test_an_acknowledgement_covers_everything_up_to_it(self) -> None:
        session = welcomed()
        for seq in (1, 2, 3):
            session.push(ROOM, seq, f'{{"n":{seq}}}', START)

        hand(session, Received(ROOM, 2), START + 5_000)

        assert outcome(session.tick(START + 14_000)) == []
        assert outcome(session.tick(START + 15_000)) == [{"n": 3}]

    def test_at_the_bound_the_longest_conversation_gets_changed(self) -> None:
        session = welcomed(Limits(unacked=3))
        for seq in (1, 2, 3):
            session.push(ROOM, seq, f'{{"n":{seq}}}', START)

        effects = outcome(session.push(OTHER_ROOM, 1, '{"o":1}', START))

        assert effects == [{"o": 1}, changed(ROOM, 3)]
        assert outcome(session.tick(START + 10_000)) == [{"o": 1}]

    def test_nothing_is_sent_again_while_the_peer_reads_too_slowly(self) -> None:
        session = welcomed()
        session.push(ROOM, 1, '{"n":1}', START)

        assert outcome(session.tick(START + 10_000, congested=True)) == []
        assert outcome(session.tick(START + 11_000)) == [{"n": 1}]

    def test_a_slow_reader_is_told_what_to_sync_once_it_has_caught_up(self) -> None:
        session = welcomed()
        session.push(ROOM, 1, '{"n":1}', START)

        silent = [outcome(session.push(ROOM, seq, "{}", START, congested=True)) for seq in (2, 3)]
        silent.append(outcome(session.push(OTHER_ROOM, 7, "{}", START, congested=True)))
        silent.append(outcome(session.push(None, 0, "{}", START, congested=True)))

        assert silent == [[], [], [], []]
        assert outcome(session.drained()) == [changed(ROOM, 3), changed(OTHER_ROOM, 7)]
        assert outcome(session.drained()) == []
        assert outcome(session.tick(START + 10_000)) == []


class TestGaps:
    def test_a_conversation_that_went_on_is_named(self) -> None:
        assert outcome(welcomed().went_on(ROOM, 7)) == [changed(ROOM, 7)]

    def test_a_peer_that_reads_too_slowly_hears_of_it_when_it_has_caught_up(self) -> None:
        session = welcomed()

        assert outcome(session.went_on(ROOM, 7, congested=True)) == []

        assert outcome(session.drained()) == [changed(ROOM, 7)]

    def test_before_the_welcome_it_waits_for_the_welcome(self) -> None:
        session = fresh()
        session.handle_frame(text_of(sign_in()), START)

        assert outcome(session.went_on(ROOM, 7)) == []

        assert welcome(session)[1:] == [changed(ROOM, 7)]

    def test_a_session_that_closes_is_told_nothing(self) -> None:
        session = welcomed()
        session.close(CloseCode.RESTART, "restart")

        assert outcome(session.went_on(ROOM, 7)) == []
