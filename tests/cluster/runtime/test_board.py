"""Views cross threads: the newest pair, once, in the loop of whoever wants it."""

import asyncio
from threading import Thread
from typing import Any, cast

from apps.cluster.core.node import View
from apps.cluster.runtime.board import Board


def view(index: int) -> View:
    return cast(View, f"view {index}")  # The board only carries it.


async def test_a_subscriber_gets_the_newest_pair_once() -> None:
    board, got = Board(), asyncio.Queue[Any]()
    board.subscribe(lambda *pair: got.put_nowait(pair), asyncio.get_running_loop())

    def publish() -> None:
        for index in range(100):
            board.publish(view(index), index)

    thread = Thread(target=publish)
    thread.start()
    thread.join()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert got.get_nowait() == (view(99), 99)
    assert got.empty()
    assert (board.view, board.serving_until_ms) == (view(99), 99)


async def test_every_change_after_a_call_is_told() -> None:
    board, got = Board(), asyncio.Queue[Any]()
    board.subscribe(lambda *pair: got.put_nowait(pair), asyncio.get_running_loop())

    first = await got.get()
    board.publish(view(1), 5)
    second = await got.get()

    assert (first, second) == ((None, 0), (view(1), 5))


async def test_nobody_is_called_after_having_unsubscribed() -> None:
    board, got = Board(), asyncio.Queue[Any]()
    subscription = board.subscribe(lambda *pair: got.put_nowait(pair), asyncio.get_running_loop())

    board.unsubscribe(subscription)
    board.unsubscribe(subscription)
    board.publish(view(1), 1)
    await asyncio.sleep(0)

    assert got.empty()


def test_a_loop_that_was_closed_is_forgotten() -> None:
    board = Board()
    loop = asyncio.new_event_loop()
    loop.close()

    board.subscribe(lambda *_: None, loop)

    assert board._subscriptions == []
