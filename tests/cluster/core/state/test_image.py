"""States as bytes: newer formats stop the program, broken ones are told apart."""

import msgspec
import pytest

from apps.cluster.core.ids import NO_NODE, NodeId
from apps.cluster.core.slots import SLOTS, SlotRange
from apps.cluster.core.state.commands import CommandUnknown
from apps.cluster.core.state.image import FORMAT, Image, StateInvalid, pack, unpack

RANGES = (SlotRange(0, SLOTS - 1, NO_NODE, 0, NO_NODE),)
IMAGE = Image("c", 1, 9, 1_000, (), (), RANGES, (), ((NodeId(1), 5),))


def test_an_image_comes_back_as_it_went_in() -> None:
    assert unpack(pack(IMAGE), supported=1) == IMAGE


def test_a_newer_format_or_version_stops_the_program_whatever_else_it_holds() -> None:
    newer_format = msgspec.msgpack.encode([FORMAT + 1, 1, {"whatever": 1}, "more"])
    newer_version = pack(msgspec.structs.replace(IMAGE, version=2))

    with pytest.raises(CommandUnknown):
        unpack(newer_format, supported=1)
    with pytest.raises(CommandUnknown) as refused:
        unpack(newer_version, supported=1)
    assert (refused.value.needs, refused.value.supported) == (2, 1)
    assert unpack(newer_version, supported=2).version == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        pack(IMAGE)[:-1],
        msgspec.msgpack.encode([FORMAT, 1, []]),
        msgspec.msgpack.encode([FORMAT, 1, b"\xc1"]),
    ],
)
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(StateInvalid):
        unpack(data, supported=1)
