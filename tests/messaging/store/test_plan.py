"""The plan: what becomes of each draft of a batch. Pure, so every case is spelled out."""

from uuid import UUID

import msgspec

from apps.messaging.errors import Blocked, ConversationNotFound, MessageIdConflict
from apps.messaging.store.plan import (
    FRESH_MS,
    KnownEvent,
    KnownEvents,
    LogEnd,
    Plan,
    content_digest,
    plan_batch,
    suspected,
)
from apps.messaging.store.records import Committed, Draft, MemberList
from apps.wire.ids import ConversationId, TenantId, TerminalId, UserId, make_message_id

TENANT, OTHER_TENANT = TenantId(UUID(int=1)), TenantId(UUID(int=2))
ALICE, BOB, STRANGER = (UserId(UUID(int=n)) for n in (11, 12, 13))
ROOM, OTHER_ROOM = (ConversationId(UUID(int=n)) for n in (21, 22))
NOW_MS = 1_800_000_000_000


def draft(number: int, *, sender: UserId = ALICE, room: ConversationId = ROOM, made_ms: int = NOW_MS) -> Draft:
    message_id = make_message_id(sender, TerminalId(UUID(int=0)), time_ms=made_ms, random=number.to_bytes(9, "big"))
    return Draft(TENANT, sender, room, message_id.to_bytes(), "text", b'{"text":"hi"}')


def log(*, max_seq: int = 5, last_event_ms: int = NOW_MS - 10, tenant: TenantId = TENANT) -> LogEnd:
    return LogEnd(tenant, max_seq, 3, last_event_ms)


def known_as(first: Draft, *, seq: int = 2) -> KnownEvents:
    event = KnownEvent(first.conversation_id, seq, NOW_MS - 99, first.sender_id, content_digest(first.kind, first.body))
    return {(first.tenant_id, first.message_id): event}


def plan(
    *drafts: Draft,
    logs: dict[ConversationId, LogEnd] | None = None,
    known: KnownEvents | None = None,
    now_ms: int = NOW_MS,
    silent: tuple[UserId, ...] = (),
) -> Plan:
    members = {ROOM: MemberList([ALICE, BOB], silent=silent), OTHER_ROOM: MemberList([ALICE])}
    ends = {ROOM: log(), OTHER_ROOM: log(max_seq=0)} if logs is None else logs
    return plan_batch(drafts, logs=ends, known=known or {}, members=members, now_ms=now_ms)


def seqs(result: Plan) -> list[int]:
    return [outcome.seq for outcome in result.outcomes if isinstance(outcome, Committed)]


class TestFreshDrafts:
    def test_they_get_consecutive_seqs_per_conversation(self) -> None:
        result = plan(draft(1), draft(2, room=OTHER_ROOM), draft(3, sender=BOB))

        assert seqs(result) == [6, 1, 7]
        assert [(row[0].conversation_id, row[1]) for row in result.rows] == [(ROOM, 6), (OTHER_ROOM, 1), (ROOM, 7)]
        assert {room: end.max_seq for room, end in result.grown.items()} == {ROOM: 7, OTHER_ROOM: 1}

    def test_their_time_is_now(self) -> None:
        result = plan(draft(1))

        assert result.rows[0][2] == result.grown[ROOM].last_event_ms == NOW_MS

    def test_time_never_runs_backward_within_a_log(self) -> None:
        result = plan(draft(1), logs={ROOM: log(last_event_ms=NOW_MS + 500)})

        assert result.rows[0][2] == NOW_MS + 500

    def test_they_carry_the_members_and_their_epoch(self) -> None:
        (outcome,) = plan(draft(1)).outcomes

        assert isinstance(outcome, Committed)
        assert (outcome.member_ids, outcome.members_epoch, outcome.repeated) == ((ALICE, BOB), 3, False)


class TestRepetitions:
    def test_a_known_id_gets_its_first_seq_and_time_and_writes_nothing(self) -> None:
        result = plan(draft(1), known=known_as(draft(1)))

        (outcome,) = result.outcomes
        assert isinstance(outcome, Committed)
        assert (outcome.seq, outcome.time_ms, outcome.repeated) == (2, NOW_MS - 99, True)
        assert (result.rows, result.grown) == ([], {})

    def test_an_id_twice_in_a_batch_is_written_once(self) -> None:
        result = plan(draft(1), draft(1))

        assert seqs(result) == [6, 6]
        assert [outcome.repeated for outcome in result.outcomes if isinstance(outcome, Committed)] == [False, True]
        assert len(result.rows) == 1

    def test_who_has_left_still_gets_the_first_answer(self) -> None:
        earlier = draft(1, sender=STRANGER)

        result = plan(earlier, known=known_as(earlier))

        assert seqs(result) == [2]

    def test_it_is_answered_though_the_log_is_gone(self) -> None:
        result = plan(draft(1), logs={}, known=known_as(draft(1)))

        assert seqs(result) == [2]


class TestConflicts:
    def test_the_same_id_with_another_body(self) -> None:
        other = msgspec.structs.replace(draft(1), body=b'{"text":"other"}')

        (outcome,) = plan(other, known=known_as(draft(1))).outcomes

        assert isinstance(outcome, MessageIdConflict)

    def test_the_same_id_with_another_kind(self) -> None:
        other = msgspec.structs.replace(draft(1), kind="custom")

        (outcome,) = plan(other, known=known_as(draft(1))).outcomes

        assert isinstance(outcome, MessageIdConflict)

    def test_the_same_id_in_another_conversation_of_the_same_batch(self) -> None:
        elsewhere = msgspec.structs.replace(draft(1), conversation_id=OTHER_ROOM)

        first, second = plan(draft(1), elsewhere).outcomes

        assert isinstance(first, Committed)
        assert isinstance(second, MessageIdConflict)

    def test_the_same_id_from_another_sender(self) -> None:
        forged = msgspec.structs.replace(draft(1), sender_id=BOB)

        (outcome,) = plan(forged, known=known_as(draft(1))).outcomes

        assert isinstance(outcome, MessageIdConflict)

    def test_the_same_id_in_another_tenant_is_none(self) -> None:
        theirs = msgspec.structs.replace(draft(1), tenant_id=OTHER_TENANT, conversation_id=OTHER_ROOM)

        result = plan(draft(1), theirs, logs={ROOM: log(), OTHER_ROOM: log(tenant=OTHER_TENANT, max_seq=0)})

        assert seqs(result) == [6, 1]


class TestRefusals:
    def test_no_log_another_tenants_log_and_no_member_look_the_same(self) -> None:
        missing = plan(draft(1), logs={}).outcomes[0]
        foreign = plan(draft(1), logs={ROOM: log(tenant=OTHER_TENANT)}).outcomes[0]
        outside = plan(draft(1, sender=STRANGER)).outcomes[0]

        assert {type(outcome) for outcome in (missing, foreign, outside)} == {ConversationNotFound}
        assert len({str(outcome) for outcome in (missing, foreign, outside)}) == 1

    def test_a_refused_draft_leaves_no_gap_for_the_next(self) -> None:
        result = plan(draft(1, sender=STRANGER), draft(2))

        assert seqs(result) == [6]

    def test_the_server_writes_for_someone_who_has_just_left(self) -> None:
        event = msgspec.structs.replace(draft(1, sender=STRANGER), kind="members_removed", body=b'{"members":[]}')

        result = plan(event)

        assert seqs(result) == [6]

    def test_but_not_into_another_tenants_log(self) -> None:
        event = msgspec.structs.replace(draft(1), kind="members_removed", body=b'{"members":[]}')

        (outcome,) = plan(event, logs={ROOM: log(tenant=OTHER_TENANT)}).outcomes

        assert isinstance(outcome, ConversationNotFound)


class TestSuspects:
    def test_an_id_made_just_now_is_taken_for_new(self) -> None:
        recent = [draft(1), draft(2, made_ms=NOW_MS - FRESH_MS + 1), draft(3, made_ms=NOW_MS + FRESH_MS - 1)]

        assert suspected(recent, now_ms=NOW_MS) == []

    def test_an_older_one_or_one_from_the_future_is_looked_up(self) -> None:
        doubtful = [draft(1, made_ms=NOW_MS - FRESH_MS), draft(2, made_ms=NOW_MS + FRESH_MS)]

        assert suspected([*doubtful, draft(3)], now_ms=NOW_MS) == doubtful


def test_the_digest_tells_kinds_and_bodies_apart() -> None:
    digests = {content_digest("text", b"ab"), content_digest("text", b"a"), content_digest("texta", b"b")}

    assert len(digests) == 3
    assert content_digest("text", b"ab") in digests


class TestSilentMembers:
    def test_they_write_nothing_and_learn_why(self) -> None:
        result = plan(draft(1), draft(2, sender=BOB), silent=(ALICE, BOB))

        assert [type(outcome) for outcome in result.outcomes] == [Blocked, Blocked]
        assert (result.rows, result.grown) == ([], {})

    def test_the_others_write_and_the_silent_are_told(self) -> None:
        (outcome,) = plan(draft(1), silent=(BOB,)).outcomes

        assert isinstance(outcome, Committed)
        assert outcome.member_ids == (ALICE, BOB)

    def test_what_they_wrote_before_keeps_its_answer(self) -> None:
        result = plan(draft(1), known=known_as(draft(1)), silent=(ALICE,))

        assert seqs(result) == [2]

    def test_the_server_writes_all_the_same(self) -> None:
        event = msgspec.structs.replace(draft(1), kind="conversation_renamed")

        assert seqs(plan(event, silent=(ALICE,))) == [6]

    def test_a_stranger_still_learns_nothing(self) -> None:
        (outcome,) = plan(draft(1, sender=STRANGER), silent=(ALICE, BOB)).outcomes

        assert isinstance(outcome, ConversationNotFound)

    def test_nor_does_a_member_in_the_name_of_another_tenant(self) -> None:
        (outcome,) = plan(draft(1), logs={ROOM: log(tenant=OTHER_TENANT)}, silent=(ALICE,)).outcomes

        assert isinstance(outcome, ConversationNotFound)
