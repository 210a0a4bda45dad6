"""Channels in groups: in and out again, and how a stay ends by itself."""

import pytest

from apps.common.memberships import Memberships
from tests.clock import Clock

EXPIRY = 100.0


@pytest.fixture
def memberships(clock: Clock) -> Memberships:
    """Channels whose name begins with an exclamation mark stay for ever."""
    return Memberships(EXPIRY, lambda channel: channel.startswith("!"), clock)


class TestJoiningAndLeaving:
    def test_a_group_has_the_channels_that_joined_it_in_their_order(self, memberships: Memberships) -> None:
        memberships.add("g", "b")
        memberships.add("g", "a")
        memberships.add("other", "c")

        assert memberships.members("g") == ["b", "a"]
        assert memberships.members("other") == ["c"]

    def test_a_channel_that_joined_twice_is_in_it_once(self, memberships: Memberships) -> None:
        memberships.add("g", "a")
        memberships.add("g", "a")

        assert memberships.members("g") == ["a"]

    def test_a_group_nobody_joined_has_no_channels_and_does_not_come_to_be(self, memberships: Memberships) -> None:
        assert memberships.members("g") == []
        assert "g" not in memberships
        assert len(memberships) == 0

    def test_who_is_where_can_be_asked_from_both_sides(self, memberships: Memberships) -> None:
        for group, channel in (("z", "a"), ("g", "a"), ("g", "b")):
            memberships.add(group, channel)

        assert memberships.groups() == ("z", "g")
        assert memberships.channels() == ("a", "b")
        assert memberships.groups_of("a") == ["g", "z"]
        assert memberships.groups_of("nobody") == []
        assert "g" in memberships
        assert len(memberships) == 2

    def test_many_groups_are_told_apart_by_channel(self, memberships: Memberships) -> None:
        memberships.add("rooms", "one")
        memberships.add("rooms", "two")
        memberships.add("people", "one")

        found, empty = memberships.by_channel(["rooms", "nobody", "people"])

        assert found == {"one": ["rooms", "people"], "two": ["rooms"]}
        assert empty == ["nobody"]

    def test_a_channel_that_leaves_one_group_stays_in_the_others(self, memberships: Memberships) -> None:
        memberships.add("g", "a")
        memberships.add("h", "a")
        memberships.add("g", "b")

        memberships.discard("g", "a")

        assert memberships.members("g") == ["b"]
        assert memberships.groups_of("a") == ["h"]

    def test_with_its_last_channel_a_group_is_gone_and_with_its_last_group_a_channel(
        self, memberships: Memberships
    ) -> None:
        memberships.add("g", "a")

        memberships.discard("g", "a")

        assert memberships.groups() == ()
        assert memberships.channels() == ()

    @pytest.mark.parametrize(("group", "channel"), [("nowhere", "a"), ("g", "nobody")])
    def test_leaving_a_group_one_is_not_in_is_nothing(self, memberships: Memberships, group: str, channel: str) -> None:
        memberships.add("g", "a")

        memberships.discard(group, channel)

        assert memberships.members("g") == ["a"]

    def test_a_channel_that_is_given_up_leaves_all_its_groups(self, memberships: Memberships) -> None:
        memberships.add("g", "a")
        memberships.add("h", "a")
        memberships.add("h", "b")

        left = memberships.discard_channel("a")

        assert left == ["g", "h"]
        assert memberships.groups() == ("h",)
        assert memberships.channels() == ("b",)

    def test_giving_up_a_channel_that_is_nowhere_is_nothing(self, memberships: Memberships) -> None:
        assert memberships.discard_channel("a") == []

    def test_everything_can_be_forgotten(self, memberships: Memberships) -> None:
        memberships.add("g", "a")

        memberships.clear()

        assert memberships.members("g") == []
        assert memberships.channels() == ()


class TestStaying:
    def test_a_stay_lasts_its_time_and_not_longer(self, memberships: Memberships, clock: Clock) -> None:
        memberships.add("g", "a")

        clock.now = EXPIRY - 1
        before = memberships.members("g")
        clock.now = EXPIRY
        after = memberships.members("g")

        assert before == ["a"]
        assert after == []
        assert "g" not in memberships
        assert memberships.groups_of("a") == []

    def test_joining_again_renews_the_stay_of_this_channel_only(self, memberships: Memberships, clock: Clock) -> None:
        memberships.add("g", "stays")
        memberships.add("g", "goes")
        clock.now = 50
        memberships.add("g", "stays")

        clock.now = EXPIRY
        first = memberships.members("g")
        clock.now = 50 + EXPIRY
        later = memberships.members("g")

        assert first == ["stays"]
        assert later == []

    def test_each_of_those_that_joined_one_after_the_other_goes_when_its_own_time_is_over(
        self, memberships: Memberships, clock: Clock
    ) -> None:
        for second, channel in enumerate("abc"):
            clock.now = second
            memberships.add("g", channel)

        left = []
        for second in range(4):
            clock.now = EXPIRY + second - 1
            left.append(memberships.members("g"))

        assert left == [["a", "b", "c"], ["b", "c"], ["c"], []]

    def test_a_channel_that_is_said_to_stay_is_there_for_ever(self, memberships: Memberships, clock: Clock) -> None:
        memberships.add("g", "!node")
        memberships.add("g", "a")

        stays = []
        for now in (EXPIRY, 10 * EXPIRY, 100 * EXPIRY):
            clock.now = now
            stays.append(memberships.members("g"))

        assert stays == [["!node"]] * 3

    def test_who_joins_a_group_of_somebody_who_stays_for_ever_goes_in_time(
        self, memberships: Memberships, clock: Clock
    ) -> None:
        memberships.add("g", "!node")
        clock.now = EXPIRY
        memberships.members("g")
        memberships.add("g", "a")

        clock.now = 2 * EXPIRY

        assert memberships.members("g") == ["!node"]

    def test_a_stay_in_one_group_may_be_over_while_it_lasts_in_another(
        self, memberships: Memberships, clock: Clock
    ) -> None:
        memberships.add("old", "a")
        clock.now = EXPIRY - 1
        memberships.add("young", "a")
        clock.now = EXPIRY

        gone = memberships.members("old")

        assert gone == []
        assert memberships.groups_of("a") == ["young"]

    def test_the_list_of_members_is_the_askers_own(self, memberships: Memberships) -> None:
        memberships.add("g", "a")

        memberships.members("g").clear()

        assert memberships.members("g") == ["a"]
