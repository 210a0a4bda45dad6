"""What goes into the store and what comes out of it."""

from collections.abc import Iterable
from functools import cached_property

import msgspec

from apps.common.errors import ImError
from apps.events.publish import user_group
from apps.wire.bodies import MESSAGE_BODIES
from apps.wire.ids import ConversationId, TenantId, UserId


class MemberList:
    """The members of one conversation at one membership epoch, shared by all messages of that epoch.

    `writers` holds the integers of the ids of those who may write, because looking up UUID objects is ten times slower.
    `silent` are members who read but may not write.
    """

    __slots__ = ("__dict__", "ids", "writers")

    def __init__(self, ids: Iterable[UserId], *, silent: Iterable[UserId] = ()) -> None:
        self.ids = tuple(ids)
        self.writers = frozenset(user_id.int for user_id in self.ids).difference(user_id.int for user_id in silent)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The channel group of every member, made once per epoch instead of once per message."""
        return tuple(user_group(user_id) for user_id in self.ids)


NOBODY = MemberList(())


class Draft(msgspec.Struct, frozen=True, gc=False):
    """One event that wants into a log. `body` is canonical JSON; `origin` is the session that is not told again.

    Kinds a person may send are refused for senders who are no members; kinds only the server writes are not, for
    their service has decided already (who leaves is no member any more when the event is written).
    """

    tenant_id: TenantId
    sender_id: UserId
    conversation_id: ConversationId
    message_id: bytes
    kind: str
    body: bytes
    origin: str = ""

    @property
    def countable(self) -> bool:
        """True for a message from a person: others' unread counts include it."""
        return self.kind in MESSAGE_BODIES


class Committed(msgspec.Struct, frozen=True, gc=False):
    """An event that is in the log for good. `repeated`: it was there before; seq and time are those of the first."""

    message_id: bytes
    conversation_id: ConversationId
    seq: int
    time_ms: int
    repeated: bool
    members: MemberList
    members_epoch: int

    @property
    def member_ids(self) -> tuple[UserId, ...]:
        """Who is to be told: the members at `members_epoch`."""
        return self.members.ids


Outcome = Committed | ImError
"""What became of one draft."""
