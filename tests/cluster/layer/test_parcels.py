"""Messages travel closed, and every receiver opens one of its own."""

from typing import Any

import msgspec
import pytest

from apps.cluster.core.ids import NO_NODE
from apps.cluster.layer.parcels import NAMED, PLAIN, Parcel, pack, pack_named, repack, require_message

MESSAGE = {"type": "t", "text": "你好", "bytes": b"\x00\xff", "nested": {"list": [1, 2.5, None, True]}}


class Special(dict[str, Any]):
    """A dict of another type."""


def test_a_message_comes_out_as_it_went_in() -> None:
    assert Parcel(pack(MESSAGE)).open() == MESSAGE


def test_a_plain_message_does_not_name_its_groups() -> None:
    parcel = Parcel(pack({"type": "t"}), ("a", "b"))

    assert parcel.open() == {"type": "t"}


def test_a_named_message_names_its_groups() -> None:
    parcel = Parcel(pack_named({"type": "t"}), ("a", "b"))

    assert parcel.open() == {"type": "t", "groups": ["a", "b"]}


def test_every_receiver_opens_a_message_of_its_own() -> None:
    parcel = Parcel(pack(MESSAGE))
    first = parcel.open()

    first["nested"]["list"].append("changed")

    assert parcel.open() == MESSAGE


def test_shared_receivers_get_an_outer_dict_each_and_the_same_values() -> None:
    parcel = Parcel(pack(MESSAGE))
    first, second = parcel.open_shared(), parcel.open_shared()

    first["more"] = 1

    assert second == MESSAGE
    assert first["nested"] is second["nested"]


def test_a_parcel_has_no_groups_and_no_origin_unless_it_is_told() -> None:
    parcel = Parcel(pack(MESSAGE))

    assert (parcel.groups, parcel.origin) == ((), NO_NODE)


def test_a_plain_message_goes_on_as_it_is() -> None:
    payload = pack(MESSAGE)

    assert repack(Parcel(payload, ("a",))) is payload


def test_a_named_message_takes_its_groups_along() -> None:
    payload = repack(Parcel(pack_named({"type": "t"}), ("a",)))

    assert payload[:1] == PLAIN
    assert Parcel(payload).open() == {"type": "t", "groups": ["a"]}


def test_a_dict_of_another_type_is_a_message() -> None:
    special = Special(type="t")

    assert require_message(special) is special
    assert Parcel(pack(special)).open() == {"type": "t"}
    assert pack_named(special)[:1] == NAMED


@pytest.mark.parametrize("value", ["text", ["list"], None, 7])
def test_what_is_no_dict_is_refused(value: Any) -> None:
    for packing in (pack, pack_named):
        with pytest.raises(TypeError, match=f"a message is a dict, not {type(value).__name__}"):
            packing(value)


def test_what_is_no_plain_value_is_refused() -> None:
    with pytest.raises(TypeError):
        pack({"type": object()})


@pytest.mark.parametrize("payload", [PLAIN, PLAIN + b"\xc1", PLAIN + b"\x93\x01\x02\x03"])
def test_a_payload_that_is_no_message_does_not_open(payload: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        Parcel(payload).open()
