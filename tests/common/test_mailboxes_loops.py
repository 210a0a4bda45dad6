"""Mailboxes that several event loops use: items find receivers and callbacks in the loops where these live."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from apps.common import mailboxes as module
from apps.common.mailboxes import Mailboxes
from tests.common.boxes import waiting


@pytest.fixture
def foreign_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def in_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], object]) -> None:
    """Do something in a loop of another thread, and whatever that loop had to do before."""

    async def do() -> None:
        work()

    asyncio.run_coroutine_threadsafe(do(), loop).result(60)


async def test_a_receiver_in_another_loop_is_woken(
    boxes: Mailboxes[str], foreign_loop: asyncio.AbstractEventLoop
) -> None:
    receiving = asyncio.run_coroutine_threadsafe(boxes.receive("c"), foreign_loop)
    in_loop(foreign_loop, lambda: None)  # by now the receiver waits

    boxes.put("c", "a")

    assert await asyncio.wait_for(asyncio.wrap_future(receiving), 5) == "a"


async def test_the_item_of_a_receiver_in_another_loop_that_gives_up_meanwhile_stays(
    boxes: Mailboxes[str], foreign_loop: asyncio.AbstractEventLoop
) -> None:
    async def receive() -> asyncio.Task[str]:
        task = asyncio.create_task(boxes.receive("c"))
        await asyncio.sleep(0)
        return task

    receiver = asyncio.run_coroutine_threadsafe(receive(), foreign_loop).result(60)
    put = threading.Event()

    def give_up() -> None:
        assert put.wait(60)  # the loop stands still while the item comes, and learns of it after it has cancelled
        receiver.cancel()

    foreign_loop.call_soon_threadsafe(give_up)
    boxes.put("c", "a")
    put.set()
    in_loop(foreign_loop, lambda: None)
    in_loop(foreign_loop, lambda: None)

    assert receiver.cancelled()
    assert boxes.take("c") == "a"


async def test_a_receiver_whose_loop_is_gone_is_passed_over(boxes: Mailboxes[str]) -> None:
    gone = asyncio.new_event_loop()

    def abandon() -> asyncio.Task[str]:
        task = gone.create_task(boxes.receive("c"))
        gone.run_until_complete(asyncio.sleep(0))
        gone.close()
        return task

    abandoned = await asyncio.to_thread(abandon)
    [receiver] = await waiting(boxes, "c")

    boxes.put("c", "a")

    assert await receiver == "a"
    assert not abandoned.done()


async def test_the_callback_of_a_loop_that_is_gone_is_replaced(boxes: Mailboxes[str]) -> None:
    async def subscribe() -> None:
        boxes.subscribe("c", lambda _: None)

    await asyncio.to_thread(asyncio.run, subscribe())
    got: list[str] = []
    lost = boxes.put("c", "into the void")

    boxes.subscribe("c", got.append)
    boxes.put("c", "a")

    assert not lost
    assert got == ["a"]


async def test_items_for_a_callback_in_another_loop_are_called_there_in_order(
    boxes: Mailboxes[str], foreign_loop: asyncio.AbstractEventLoop
) -> None:
    got: list[tuple[str, int]] = []
    in_loop(foreign_loop, lambda: boxes.subscribe("c", lambda item: got.append((item, threading.get_ident()))))

    taken = [boxes.put("c", item) for item in ("a", "b")]
    in_loop(foreign_loop, lambda: None)

    assert taken == [True, True]
    assert [item for item, _ in got] == ["a", "b"]
    assert threading.get_ident() not in {thread for _, thread in got}


async def test_a_loop_that_is_too_far_behind_loses_the_next_ones(
    boxes: Mailboxes[str], foreign_loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALLBACK_CAPACITY", 2)
    got: list[str] = []
    in_loop(foreign_loop, lambda: boxes.subscribe("c", got.append))
    busy = threading.Event()
    foreign_loop.call_soon_threadsafe(busy.wait, 5)

    taken = [boxes.put("c", item) for item in "abc"]
    busy.set()
    in_loop(foreign_loop, lambda: None)
    taken.append(boxes.put("c", "d"))
    in_loop(foreign_loop, lambda: None)

    assert taken == [True, True, False, True]
    assert got == ["a", "b", "d"]
