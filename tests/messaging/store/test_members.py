"""Member lists are kept by epoch, and within a bound."""

from uuid import UUID

from apps.messaging.store.members import MemberCache
from apps.messaging.store.plan import LogEnd
from apps.messaging.store.records import MemberList
from apps.wire.ids import ConversationId, TenantId, UserId

ROOMS = [ConversationId(UUID(int=n)) for n in range(4)]


def people(count: int) -> MemberList:
    return MemberList(UserId(UUID(int=n)) for n in range(count))


def test_a_list_is_found_under_its_epoch_only() -> None:
    cache = MemberCache()
    members = people(2)
    cache.put(ROOMS[0], epoch=3, members=members)

    assert cache.get(ROOMS[0], epoch=3) is members
    assert cache.get(ROOMS[0], epoch=4) is None
    assert cache.get(ROOMS[1], epoch=3) is None


def test_what_is_missing_is_told_apart() -> None:
    cache = MemberCache()
    members = people(1)
    cache.put(ROOMS[0], epoch=1, members=members)
    here, changed = LogEnd(TenantId(UUID(int=9)), 1, 1, 0), LogEnd(TenantId(UUID(int=9)), 1, 2, 0)

    found, missing = cache.split({ROOMS[0]: here, ROOMS[1]: changed})

    assert found == {ROOMS[0]: members}
    assert missing == {ROOMS[1]: changed}


def test_the_longest_unused_go_first() -> None:
    cache = MemberCache(max_members=6)
    for room in ROOMS[:3]:
        cache.put(room, epoch=1, members=people(2))
    cache.get(ROOMS[0], epoch=1)

    cache.put(ROOMS[3], epoch=1, members=people(2))

    kept = [room for room in ROOMS if cache.get(room, epoch=1) is not None]
    assert kept == [ROOMS[0], ROOMS[2], ROOMS[3]]


def test_a_new_epoch_takes_the_place_of_the_old_one() -> None:
    cache = MemberCache(max_members=4)
    for epoch in range(10):
        cache.put(ROOMS[0], epoch=epoch, members=people(3))
    cache.put(ROOMS[1], epoch=0, members=people(1))

    assert cache.get(ROOMS[0], epoch=9) is not None
    assert cache.get(ROOMS[1], epoch=0) is not None


def test_a_list_larger_than_the_bound_is_not_kept() -> None:
    cache = MemberCache(max_members=2)

    cache.put(ROOMS[0], epoch=1, members=people(3))

    assert cache.get(ROOMS[0], epoch=1) is None
