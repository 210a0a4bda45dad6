"""What the log knows about one member."""

import msgspec

from apps.cluster.core.ids import NodeId

MEMBERS_MAX = 1_000
"""Members of one cluster; one more is refused with `members_full`."""
REMOVED_MAX = 1_000
"""How many nodes that were removed for good are remembered; of more the oldest could come back, if they still ran."""


class MemberRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A member as it was decided on. `joined_ms` is cluster time.

    `draining`: it is to have no slots, until that is taken back. `retiring`: it is to have no slots and no vote, and
    is removed for good when it has neither; this is not taken back.
    """

    node: NodeId
    name: str
    host: str
    control_port: int
    data_port: int
    public_url: str
    weight: int
    version: int
    draining: bool
    retiring: bool
    joined_ms: int


class Removal(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A node that was removed for good, and by which entry of the log."""

    node: NodeId
    index: int
