"""The data plane of one node: who is interested in a group, and where a message goes."""

from apps.cluster.core.routing.config import RoutingConfig, RoutingView
from apps.cluster.core.routing.frames import (
    BatchRefused,
    Carried,
    Fetched,
    Flush,
    Member,
    Post,
    Put,
    Route,
    Taken,
    Unwant,
    Want,
    decode_batch,
    encode_frame,
)
from apps.cluster.core.routing.gaps import Notice
from apps.cluster.core.routing.outbox import Outbox
from apps.cluster.core.routing.router import PAYLOAD_MAX_BYTES, MessageTooLong, Router, require_length
from apps.cluster.core.routing.slotting import slot_of
from apps.cluster.core.routing.switch import Arrival, Delivery, Effects

__all__ = [
    "PAYLOAD_MAX_BYTES",
    "Arrival",
    "BatchRefused",
    "Carried",
    "Delivery",
    "Effects",
    "Fetched",
    "Flush",
    "Member",
    "MessageTooLong",
    "Notice",
    "Outbox",
    "Post",
    "Put",
    "Route",
    "Router",
    "RoutingConfig",
    "RoutingView",
    "Taken",
    "Unwant",
    "Want",
    "decode_batch",
    "encode_frame",
    "require_length",
    "slot_of",
]
