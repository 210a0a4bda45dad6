"""Mailboxes in one event loop: what waits, for how long, who gets it, and callbacks."""

import asyncio
import logging

import pytest

from apps.common import mailboxes as module
from apps.common.mailboxes import Mailboxes
from tests.clock import Clock
from tests.common.boxes import CAPACITY, EXPIRY, waiting


class TestStoring:
    async def test_items_come_out_in_the_order_they_came_in(self, boxes: Mailboxes[str]) -> None:
        for item in ("a", "b"):
            boxes.put("c", item)

        assert [boxes.take("c"), boxes.take("c"), boxes.take("c")] == ["a", "b", None]

    async def test_what_is_put_in_front_comes_first(self, boxes: Mailboxes[str]) -> None:
        boxes.put("c", "second")

        boxes.put("c", "first", front=True)

        assert boxes.take_all("c") == ["first", "second"]

    async def test_a_full_channel_refuses_and_keeps_what_it_has(self, boxes: Mailboxes[str]) -> None:
        taken = [boxes.put("c", item) for item in "abc"]

        refused = boxes.put("c", "d"), boxes.put("c", "e", front=True)

        assert taken == [True] * CAPACITY
        assert refused == (False, False)
        assert boxes.take_all("c") == ["a", "b", "c"]

    async def test_each_channel_has_its_own_capacity(self, boxes: Mailboxes[str]) -> None:
        assert boxes.put("small", "a")
        assert not boxes.put("small", "b")
        assert boxes.put("c", "b")

    async def test_what_is_stored_is_kept_the_way_the_sender_says(self, boxes: Mailboxes[str]) -> None:
        boxes.put("c", "a", str.upper)

        assert boxes.take("c") == "A"

    async def test_a_channel_nobody_has_used_has_nothing(self, boxes: Mailboxes[str]) -> None:
        assert boxes.take("c") is None
        assert boxes.take_all("c") == []
        assert len(boxes) == 0

    async def test_a_channel_that_was_emptied_is_forgotten(self, boxes: Mailboxes[str]) -> None:
        for channel in ("one", "all", "kept"):
            boxes.put(channel, "a")

        boxes.take("one")
        boxes.take_all("all")

        assert boxes.names() == ("kept",)

    async def test_items_can_be_forgotten_without_hurting_receivers_or_callbacks(self, boxes: Mailboxes[str]) -> None:
        got: list[str] = []
        boxes.put("c", "a")
        boxes.subscribe("callback", got.append)
        [receiver] = await waiting(boxes, "waited-for")

        boxes.clear()
        left = boxes.names()
        boxes.put("callback", "b")
        boxes.put("waited-for", "d")

        assert left == ("waited-for",)
        assert got == ["b"]
        assert await receiver == "d"


class TestExpiry:
    async def test_an_item_waits_its_time_and_not_longer(self, boxes: Mailboxes[str], clock: Clock) -> None:
        for channel in ("soon", "late", "all"):
            boxes.put(channel, "a")

        clock.now = EXPIRY - 1
        soon = boxes.take("soon")
        clock.now = EXPIRY
        late, rest = boxes.take("late"), boxes.take_all("all")

        assert soon == "a"
        assert late is None
        assert rest == []
        assert len(boxes) == 0

    async def test_what_expired_makes_room(self, boxes: Mailboxes[str], clock: Clock) -> None:
        boxes.put("small", "old")
        clock.now = EXPIRY

        assert boxes.put("small", "young")
        assert boxes.take_all("small") == ["young"]

    async def test_a_sweep_names_the_channels_nobody_reads(self, boxes: Mailboxes[str], clock: Clock) -> None:
        boxes.put("dead", "a")
        clock.now = 1
        boxes.put("read", "b")
        clock.now = EXPIRY

        unread = boxes.sweep()

        assert unread == ["dead"]
        assert boxes.names() == ("read",)

    async def test_between_two_sweeps_there_is_a_whole_expiry_time(self, boxes: Mailboxes[str], clock: Clock) -> None:
        boxes.put("c", "a")

        clock.now = EXPIRY - 1
        early = boxes.sweep()
        clock.now = EXPIRY + 10
        due = boxes.sweep()
        boxes.put("c", "b")
        clock.now = 2 * EXPIRY + 9
        early_again = boxes.sweep()
        clock.now = 2 * EXPIRY + 10
        due_again = boxes.sweep()

        assert (early, due, early_again, due_again) == ([], ["c"], [], ["c"])

    async def test_a_sweep_leaves_those_alone_who_wait(self, boxes: Mailboxes[str], clock: Clock) -> None:
        [receiver] = await waiting(boxes, "c")
        clock.now = EXPIRY

        unread = boxes.sweep()
        boxes.put("c", "a")

        assert unread == []
        assert await receiver == "a"


class TestReceiving:
    async def test_what_waits_is_received_at_once(self, boxes: Mailboxes[str]) -> None:
        boxes.put("c", "a")

        assert await boxes.receive("c") == "a"

    async def test_receivers_get_items_in_the_order_in_which_they_came(self, boxes: Mailboxes[str]) -> None:
        receivers = await waiting(boxes, "c", 2)

        for item in ("a", "b"):
            boxes.put("c", item)

        assert [await receiver for receiver in receivers] == ["a", "b"]
        assert len(boxes) == 0

    async def test_a_receiver_that_was_overtaken_goes_on_waiting(self, boxes: Mailboxes[str]) -> None:
        [receiver] = await waiting(boxes, "c")
        boxes.put("c", "a")

        overtaken = boxes.take("c")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        still_waiting = not receiver.done()
        boxes.put("c", "b")

        assert overtaken == "a"
        assert still_waiting
        assert await receiver == "b"

    async def test_nothing_is_left_of_a_receiver_that_gave_up(self, boxes: Mailboxes[str]) -> None:
        [receiver] = await waiting(boxes, "c")

        receiver.cancel()
        await asyncio.wait([receiver])

        assert receiver.cancelled()
        assert len(boxes) == 0

    async def test_the_item_of_a_receiver_that_gives_up_too_late_goes_to_the_next(self, boxes: Mailboxes[str]) -> None:
        first, second = await waiting(boxes, "c", 2)
        boxes.put("c", "a")

        first.cancel()

        assert await second == "a"
        assert first.cancelled()

    async def test_a_receiver_that_is_about_to_give_up_is_passed_over(self, boxes: Mailboxes[str]) -> None:
        first, second = await waiting(boxes, "c", 2)

        first.cancel()
        boxes.put("c", "a")

        assert await second == "a"
        assert first.cancelled()

    async def test_the_item_of_the_only_receiver_stays_when_it_gives_up(self, boxes: Mailboxes[str]) -> None:
        [receiver] = await waiting(boxes, "c")
        boxes.put("c", "a")

        receiver.cancel()
        await asyncio.wait([receiver])

        assert boxes.take("c") == "a"

    async def test_a_receiver_that_was_overtaken_and_gives_up_leaves_nothing(self, boxes: Mailboxes[str]) -> None:
        [receiver] = await waiting(boxes, "c")
        boxes.put("c", "a")
        overtaken = boxes.take("c")

        receiver.cancel()
        await asyncio.wait([receiver])

        assert overtaken == "a"
        assert receiver.cancelled()
        assert len(boxes) == 0


class TestCallbacks:
    async def test_an_item_is_handed_over_before_put_returns(self, boxes: Mailboxes[str]) -> None:
        got: list[str] = []
        boxes.subscribe("c", got.append)

        taken = boxes.put("c", "a", str.upper)

        assert taken
        assert got == ["a"]
        assert boxes.has_callback("c")
        assert boxes.callbacks() == ("c",)

    async def test_items_that_waited_come_first(self, boxes: Mailboxes[str]) -> None:
        got: list[str] = []
        boxes.put("c", "early")

        boxes.subscribe("c", got.append)
        boxes.put("c", "late")

        assert got == ["early", "late"]

    async def test_a_channel_has_one_callback_and_a_second_is_refused(self, boxes: Mailboxes[str]) -> None:
        got: list[str] = []
        boxes.subscribe("c", got.append)

        with pytest.raises(ValueError, match="has a callback already"):
            boxes.subscribe("c", lambda _: None)
        boxes.put("c", "a")

        assert got == ["a"]

    async def test_without_its_callback_a_channel_stores_again(self, boxes: Mailboxes[str]) -> None:
        got: list[str] = []
        boxes.subscribe("c", got.append)

        boxes.unsubscribe("c")
        boxes.unsubscribe("never subscribed")
        boxes.put("c", "a")

        assert got == []
        assert not boxes.has_callback("c")
        assert boxes.take("c") == "a"

    async def test_a_failing_callback_hurts_neither_the_sender_nor_the_next_item(
        self, boxes: Mailboxes[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        got: list[str] = []

        def fragile(item: str) -> None:
            if item == "bad":
                raise RuntimeError("a defect")
            got.append(item)

        boxes.subscribe("c", fragile)
        with caplog.at_level(logging.ERROR, module.__name__):
            taken = [boxes.put("c", item) for item in ("bad", "good")]

        assert taken == [True, True]
        assert got == ["good"]
        assert "callback of a channel failed" in caplog.text
