"""Messages wait within bounds of bytes and time."""

from apps.cluster.core.ids import NodeId
from apps.cluster.core.routing.frames import Put, Route
from apps.cluster.core.routing.parking import OVERHEAD_BYTES, Parked, Parking


def message(number: int = 0, size: int = 10) -> Route:
    return Route(0, 0, 0, (f"g{number}",), b"x" * size)


def test_what_was_parked_comes_back_in_order() -> None:
    parking = Parking(10_000, 100)
    parked = [Parked(message(number), 5) for number in range(3)]

    assert all(parking.add(one) for one in parked)

    assert len(parking) == 3
    assert parking.take_all() == parked
    assert parking.take_all() == []


def test_beyond_the_bytes_there_is_no_room_until_some_is_made() -> None:
    parking = Parking(2 * (OVERHEAD_BYTES + 12), 100)
    put = Put(0, 0, 0, "room", NodeId(1), b"x" * 12)

    assert parking.add(Parked(message(), 0))
    assert parking.add(Parked(put, 0))
    assert not parking.add(Parked(message(), 0))

    parking.take_all()
    assert parking.add(Parked(message(), 0))


def test_only_what_waited_too_long_expires_whatever_its_place() -> None:
    parking = Parking(10_000, 100)
    young, old = Parked(message(1), 60), Parked(message(2), 10)
    parking.add(young)
    parking.add(old)

    assert parking.take_expired(109) == []
    assert parking.take_expired(110) == [old]
    assert parking.take_expired(159) == []
    assert parking.take_expired(160) == [young]
    assert parking.waiting_bytes == 0


def test_nothing_expires_of_nothing() -> None:
    assert Parking(10, 10).take_expired(1_000_000) == []
