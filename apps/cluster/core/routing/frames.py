"""What nodes say to each other over a data link: msgpack of declared structs, many in one batch.

A batch is a msgpack array of frames. Payloads are bytes that nobody between sender and receiver looks into. No field
holds anything that is not declared, so no input nests deeper than a frame does.
"""

from typing import Annotated, TypeAlias

import msgspec

from apps.cluster.core.ids import NodeId

FRAME_MAX_BYTES = 1_000_000
"""The longest frame; a batch of one fits into one sealed record."""
NAME_MAX_CHARS = 100
"""Of groups and channels, as Channels has it."""

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME_MAX_CHARS)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class BatchRefused(Exception):
    """A peer sent what is no batch of frames; its link has to be closed."""


class Frame(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What all frames have in common."""


class Route(Frame, frozen=True, tag="r"):
    """To the owner of these groups' slots: tell their members. `epoch`: the newest change in the sender's table.

    `age_ms`: how long it has been parked on its way.
    """

    epoch: Count
    hops: Count
    age_ms: Count
    groups: tuple[Name, ...]
    payload: bytes


class Deliver(Frame, frozen=True, tag="d"):
    """From the owner to a node with members of these groups."""

    epoch: Count
    groups: tuple[Name, ...]
    payload: bytes


class Announce(Frame, frozen=True, tag="a"):
    """To an owner: groups with a first member here, or none any more. Answered by `Done`.

    `epoch`: the newest change in the sender's table. `complete`: everything here that belongs to the owner by that
    table has been announced.
    """

    number: Count
    epoch: Count
    joins: tuple[Name, ...]
    leaves: tuple[Name, ...]
    complete: bool


class Done(Frame, frozen=True, tag="k"):
    """What had this number, and everything of its kind before it, was carried out."""

    number: Count


class Gap(Frame, frozen=True, tag="g"):
    """Messages to these groups may have been lost in the last `age_ms`; no groups: messages to any."""

    groups: tuple[Name, ...]
    age_ms: Count


class Heard(Frame, frozen=True, tag="h"):
    """I am here, and have received so many batches over this link.

    `sent_ms` is the sender's clock, `echo_ms` the last `sent_ms` it got: whoever sees its own time come back has got
    everything that the other end sent until it answered, so nothing from before that time is missing.
    """

    batches: Count
    sent_ms: Count
    echo_ms: Count


class Put(Frame, frozen=True, tag="p"):
    """A message for a channel, to the node where it lives. `origin` is told when it has been taken out."""

    epoch: Count
    hops: Count
    age_ms: Count
    channel: Name
    origin: NodeId
    payload: bytes
    front: bool = False


class Taken(Frame, frozen=True, tag="t"):
    """So many of your messages no longer wait in the channel."""

    channel: Name
    count: Count


class Want(Frame, frozen=True, tag="w"):
    """A receiver here waits for the next message of a channel that lives there. Answered by `Fetched`."""

    number: Count
    channel: Name


class Unwant(Frame, frozen=True, tag="u"):
    """That receiver is gone."""

    number: Count


class Fetched(Frame, frozen=True, tag="f"):
    """The message a receiver waited for."""

    number: Count
    channel: Name
    payload: bytes


class Member(Frame, frozen=True, tag="m"):
    """Put a channel that lives there into a group, or take it out. Answered by `Carried`."""

    number: Count
    group: Name
    channel: Name
    joins: bool


class Flush(Frame, frozen=True, tag="x"):
    """Forget all messages and groups. Answered by `Carried`."""

    number: Count


class Carried(Frame, frozen=True, tag="c"):
    """The request with this number was carried out."""

    number: Count


Post: TypeAlias = Put | Taken | Want | Unwant | Fetched | Member | Flush | Carried
"""Frames about channels: the router carries them, the layer knows what they mean."""
AnyFrame: TypeAlias = Route | Deliver | Announce | Done | Gap | Heard | Post

encode_frame = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[AnyFrame]).decode


def decode_batch(batch: bytes) -> list[AnyFrame]:
    """Read a batch. Raises BatchRefused."""
    try:
        return _decode(batch)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BatchRefused(str(error)) from error
