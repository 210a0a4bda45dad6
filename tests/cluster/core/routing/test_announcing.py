"""What is here, by slot, and what is still to be said about it."""

from apps.cluster.core.routing.announcing import Announcements, Joined
from apps.cluster.core.routing.frames import Announce
from apps.cluster.core.slots import slot_of


class TestJoined:
    def test_groups_are_found_by_name_and_by_slot(self) -> None:
        joined = Joined()
        joined.add("{tag}.one")
        joined.add("{tag}.two")

        slot = slot_of("tag")
        assert "{tag}.one" in joined
        assert joined.holds("{tag}.two", slot)
        assert joined.slots() == (slot,)
        assert list(joined.groups_of(slot)) == ["{tag}.one", "{tag}.two"]

    def test_a_slot_stays_while_one_of_its_groups_does(self) -> None:
        joined = Joined()
        joined.add("{tag}.one")
        joined.add("{tag}.two")

        joined.discard("{tag}.one")

        assert "{tag}.one" not in joined
        assert "{tag}.two" in joined

    def test_nothing_is_left_of_the_last_one(self) -> None:
        joined = Joined()
        joined.add("group")

        joined.discard("group")
        joined.discard("group")

        assert not joined
        assert joined.slots() == ()
        assert list(joined.groups_of(slot_of("group"))) == []


class TestAnnouncements:
    def test_the_last_word_about_a_group_counts(self) -> None:
        announcements = Announcements()
        announcements.note("a", joins=True)
        announcements.note("b", joins=True)
        announcements.note("a", joins=False)

        assert announcements.take(7, 10) == [Announce(1, 7, ("b",), ("a",), complete=False)]
        assert not announcements

    def test_many_groups_take_several_frames_and_the_last_one_says_that_it_is_all(self) -> None:
        announcements = Announcements()
        for group in "abc":
            announcements.note(group, joins=True)
        announcements.complete()

        frames = announcements.take(7, 2)

        assert [(frame.number, frame.joins, frame.complete) for frame in frames] == [
            (1, ("a", "b"), False),
            (2, ("c",), True),
        ]

    def test_all_of_nothing_is_said_too(self) -> None:
        announcements = Announcements()
        announcements.complete()

        assert announcements
        assert announcements.take(7, 2) == [Announce(1, 7, (), (), complete=True)]

    def test_that_it_was_all_is_said_once(self) -> None:
        announcements = Announcements()
        announcements.complete()
        announcements.take(7, 2)

        assert not announcements
        announcements.note("a", joins=True)
        assert announcements.take(8, 2) == [Announce(2, 8, ("a",), (), complete=False)]

    def test_what_was_said_is_not_said_again(self) -> None:
        announcements = Announcements()
        announcements.note("a", joins=True)
        announcements.take(7, 2)
        announcements.note("b", joins=False)

        assert announcements.take(7, 2) == [Announce(2, 7, (), ("b",), complete=False)]

    def test_what_was_left_needs_no_answer(self) -> None:
        announcements = Announcements()
        announcements.note("a", joins=True)
        announcements.note("b", joins=False)
        announcements.take(7, 2)

        assert announcements.confirm(1) == ["a"]

    def test_an_answer_confirms_everything_up_to_it(self) -> None:
        announcements = Announcements()
        for group in "abc":
            announcements.note(group, joins=True)
            announcements.take(7, 2)

        assert announcements.confirm(0) == []
        assert announcements.confirm(2) == ["a", "b"]
        assert announcements.confirm(99) == ["c"]
