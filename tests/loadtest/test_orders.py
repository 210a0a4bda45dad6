"""What coordinator and processes say to each other."""

from uuid import uuid4

import pytest

from apps.loadtest import orders
from apps.loadtest.histogram import Histogram
from apps.loadtest.ledger import RoomReport
from apps.loadtest.plan import RoomShare, StreamShare, WorkerPlan
from apps.loadtest.population import LoadUser

PLAN = WorkerPlan(
    number=1,
    run=2**63,
    first=0,
    users=[LoadUser(uuid4(), "t", uuid4())],
    urls=["ws://h/"],
    sources=["127.0.0.1"],
    connect_per_s=1.5,
    connecting=3,
    heartbeat_s=30,
    acknowledge_s=0.2,
    redirect=True,
    streams=[StreamShare(1.0, 40, [RoomShare(uuid4(), 0, 1, 1)])],
)


@pytest.mark.parametrize(
    "order",
    [
        orders.Begin(PLAN),
        orders.Connect(1.0),
        orders.Probe(1.0),
        orders.Talk(0.5, "measure"),
        orders.Disturb("drop", 0.5, 0),
        orders.Quiet(1.0),
        orders.Settle(1.0),
        orders.Close(),
    ],
)
def test_orders_arrive_as_they_were_given(order: orders.Orders) -> None:
    packed = orders.packed(order)

    assert orders.LENGTH.unpack(packed[:4])[0] == len(packed) - 4
    assert orders.read_order(packed[4:]) == order


@pytest.mark.parametrize(
    "word",
    [
        orders.Done(),
        orders.Failed("why"),
        orders.Snapshot(1, "measure", 5, 6, {"sent": 1}, {"ack": ([(1, 2)], 3, 4)}),
        orders.Findings([RoomReport("c", 1, 2, 3, 4, {"1:aa": 5})]),
    ],
)
def test_words_arrive_as_they_were_said(word: orders.Words) -> None:
    assert orders.read_word(orders.packed(word)[4:]) == word


def test_empty_histograms_stay_at_home() -> None:
    full = Histogram()
    full.record(5)

    assert list(orders.plain_histograms({"ack": full, "away": Histogram()})) == ["ack"]
