"""Envelopes: every command comes back as it went in, and what is not understood is told from what is broken."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.cluster.core.ids import NodeId
from apps.cluster.core.slots import SLOTS, Assignment, Span
from apps.cluster.core.state.commands import (
    SINCE,
    VERSION,
    AcquireLease,
    AssignSlots,
    Command,
    CommandUnknown,
    Envelope,
    Malformed,
    PutMember,
    RaiseVersion,
    ReleaseLease,
    ReleaseSlots,
    RemoveMember,
    RenewLease,
    Retire,
    SetDraining,
)

A, B = NodeId(1), NodeId((1 << 63) - 1)
PUT = PutMember(A, "one", "10.0.0.1", 8002, 8003, "", 100, 1)
COMMANDS: list[Command] = [
    PUT,
    RemoveMember(A, True),
    SetDraining(A, True),
    Retire(B),
    ReleaseSlots((Span(0, 9), Span(20, 29)), A, 3),
    AssignSlots((Assignment(0, 9, B),), 7),
    AcquireLease("job", A, 1_000, 5),
    RenewLease("job", 9, 1_000),
    ReleaseLease("job", 9),
    RaiseVersion(2),
]


def sealed(command: object, version: object = 1, origin: object = 1, request: object = 1) -> bytes:
    return msgspec.msgpack.encode([version, origin, request, command])


def test_every_command_is_known_since_some_version() -> None:
    tags = {kind.__struct_config__.tag for kind in get_args(Command)}

    assert tags == set(SINCE)
    assert {type(command) for command in COMMANDS} == set(get_args(Command))
    assert max(SINCE.values()) <= VERSION


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_command_comes_back_as_it_went_in(command: Command) -> None:
    envelope = Envelope(1, A, 42, command)

    assert Envelope.decode(envelope.encode()) == envelope


def test_the_bytes_of_an_old_command_never_change() -> None:
    assert (
        Envelope(1, A, 2, AcquireLease("job", A, 1_000, 5)).encode().hex() == "94010102" + "95a26c61a36a6f6201cd03e805"
    )


@pytest.mark.parametrize(
    "command",
    [
        ReleaseSlots((Span(0, SLOTS),), A, 1),
        ReleaseSlots((Span(9, 8),), A, 1),
        ReleaseSlots((Span(-1, 8),), A, 1),
        ReleaseSlots((Span(0, 5), Span(5, 8)), A, 1),
        AssignSlots((Assignment(0, 5, A), Assignment(3, 8, B)), 1),
        AcquireLease("", A, 1_000, 5),
        AcquireLease("x" * 201, A, 1_000, 5),
        RenewLease("job", 9, 0),
        RemoveMember(NodeId(0), True),
        RaiseVersion(0),
    ],
)
def test_values_out_of_bounds_are_neither_written_nor_read(command: Command) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        Envelope(1, A, 1, command).encode()
    with pytest.raises(Malformed) as refused:
        Envelope.decode(sealed(command, request=77))
    assert (refused.value.origin, refused.value.request) == (A, 77)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x93\x01\x01\x01",
        sealed(PUT, version=0),
        sealed(PUT, origin=0),
        sealed(PUT, request=0),
        sealed(PUT, request="1"),
        b"\x94\x01\x01\x01" + b"\x91" * 3_000 + b"\x01",
        sealed({"pm": 1}),
        sealed([]),
        sealed([7, 8]),
        sealed(["pm", 1]),
        sealed(["rt", 1, 2]),
        b"\x94\x01\x01\x01\x92\xa2\xff\xff\x01",
    ],
)
def test_what_no_program_would_have_written_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        Envelope.decode(data)


@pytest.mark.parametrize("data", [sealed(["zz", 1]), sealed(["zz"], version=9), sealed(PUT, version=VERSION + 1)])
def test_what_only_newer_programs_understand_stops_this_one(data: bytes) -> None:
    with pytest.raises(CommandUnknown) as refused:
        Envelope.decode(data)

    assert refused.value.needs > refused.value.supported == VERSION


def test_a_newer_program_reads_both_versions() -> None:
    assert Envelope.decode(sealed(PUT, version=2), supported=2).command == PUT
    assert Envelope.decode(sealed(PUT, version=1), supported=2).command == PUT


@given(st.binary(max_size=200))
def test_random_bytes_never_do_anything_else(data: bytes) -> None:
    try:
        envelope = Envelope.decode(data)
    except (Malformed, CommandUnknown):
        return
    assert Envelope.decode(envelope.encode()) == envelope


@given(st.sampled_from(COMMANDS), st.integers(0, 200), st.integers(0, 255))
def test_a_flipped_byte_never_does_anything_else(command: Command, at: int, value: int) -> None:
    data = bytearray(Envelope(1, A, 42, command).encode())
    data[at % len(data)] = value

    try:
        envelope = Envelope.decode(bytes(data))
    except (Malformed, CommandUnknown):
        return
    assert Envelope.decode(envelope.encode()) == envelope
