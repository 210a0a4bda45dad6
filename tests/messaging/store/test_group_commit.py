"""The store: lanes, order, several nodes, life and death."""

import asyncio

import pytest

from apps.accounts.models import User
from apps.common import database
from apps.conversations.models import Conversation
from apps.messaging.errors import ConversationNotFound, MessageIdConflict, Unavailable
from apps.messaging.models import Event
from apps.messaging.store.group_commit import GroupCommitStore
from apps.messaging.store.lane import Limits, Told
from tests.messaging.messages import draft_of
from tests.messaging.store.faults import Fault, faulty

pytestmark = pytest.mark.django_db(transaction=True)


async def test_many_messages_share_transactions(store: GroupCommitStore, alice: User, group: Conversation) -> None:
    results = await asyncio.gather(*(store.append(draft_of(alice, group, f"{n}")) for n in range(100)))

    assert [result.seq for result in results] == list(range(2, 102))
    assert store.mean_batch == 100
    assert (store.waiting, store.untold) == (0, 0)


async def test_the_same_id_gets_the_same_answer_for_ever(
    store: GroupCommitStore, alice: User, group: Conversation
) -> None:
    first = await store.append(draft_of(alice, group, number=1))

    again = await store.append(draft_of(alice, group, number=1))

    assert (again.seq, again.time_ms) == (first.seq, first.time_ms)
    assert (first.repeated, again.repeated) == (False, True)
    assert Event.objects.for_tenant(alice.tenant_id).filter(conversation=group).count() == 2


async def test_the_same_id_for_something_else_is_a_conflict(
    store: GroupCommitStore, alice: User, group: Conversation, direct: Conversation
) -> None:
    await store.append(draft_of(alice, group, "one", number=1))

    for other in (draft_of(alice, group, "two", number=1), draft_of(alice, direct, "one", number=1)):
        with pytest.raises(MessageIdConflict):
            await store.append(other)


async def test_strangers_and_other_tenants_are_refused_alike(
    store: GroupCommitStore, alice: User, carol: User, eve: User, group: Conversation
) -> None:
    results = await asyncio.gather(
        *(store.append(draft_of(user, group)) for user in (carol, eve, alice)), return_exceptions=True
    )

    assert [type(result) for result in results[:2]] == [ConversationNotFound] * 2
    assert results[2].seq == 2  # type: ignore[union-attr]


async def test_two_nodes_race_for_one_id_in_two_conversations(
    store: GroupCommitStore, alice: User, group: Conversation, direct: Conversation
) -> None:
    other = GroupCommitStore(database.conninfo())
    await other.start()
    try:
        for number in range(10):
            results = await asyncio.gather(
                store.append(draft_of(alice, group, number=number)),
                other.append(draft_of(alice, direct, number=number)),
                return_exceptions=True,
            )

            assert sorted(type(result).__name__ for result in results) == ["Committed", "MessageIdConflict"]
    finally:
        await other.close()


async def test_members_are_told_in_the_order_of_seqs_though_an_answer_was_lost(
    alice: User, bob: User, group: Conversation
) -> None:
    heard: list[int] = []

    async def tell(told: Told) -> None:
        heard.extend(committed.seq for _, committed in told)

    faults = [Fault.AFTER_COMMIT, Fault.BEFORE_COMMIT, Fault.NONE, Fault.AFTER_COMMIT]
    store = GroupCommitStore(database.conninfo(), tell=tell, open_session=faulty(faults))
    await store.start()

    for _ in range(3):
        await asyncio.gather(store.append(draft_of(alice, group)), store.append(draft_of(bob, group)))
    await store.close()

    assert heard == [2, 3, 4, 5, 6, 7]


async def test_a_database_that_is_away_means_unavailable_and_no_write_later(
    store: GroupCommitStore, alice: User, group: Conversation
) -> None:
    away = GroupCommitStore("host=127.0.0.1 port=1 user=nobody", limits=Limits(wait_s=0.1))
    await away.start()

    with pytest.raises(Unavailable):
        await away.append(draft_of(alice, group, number=1))
    await away.close()

    assert not (await store.append(draft_of(alice, group, number=1))).repeated


async def test_before_start_and_after_close_nothing_is_accepted(alice: User, group: Conversation) -> None:
    store = GroupCommitStore(database.conninfo())
    with pytest.raises(Unavailable):
        await store.append(draft_of(alice, group))
    await store.start()
    await store.append(draft_of(alice, group))
    await store.close()

    with pytest.raises(Unavailable):
        await store.append(draft_of(alice, group))
