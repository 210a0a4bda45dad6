"""Member lists kept between batches, so that the hot path reads them once per membership change.

A list is valid for exactly one membership epoch, and the epoch is read under the log's lock: a hit is never stale.
"""

from collections import OrderedDict
from collections.abc import Mapping

from apps.messaging.store.plan import LogEnd
from apps.messaging.store.records import MemberList
from apps.wire.ids import ConversationId

MAX_KEPT_MEMBERS = 500_000
"""Members in all lists together; about 150 bytes each with their group names. At the bound the longest unused go."""


class MemberCache:
    """Least recently used member lists, bounded by the number of members in them."""

    def __init__(self, *, max_members: int = MAX_KEPT_MEMBERS) -> None:
        self._max_members = max_members
        self._lists: OrderedDict[ConversationId, tuple[int, MemberList]] = OrderedDict()
        self._size = 0

    def get(self, conversation_id: ConversationId, *, epoch: int) -> MemberList | None:
        """Return the list of this epoch, or None when it has to be read."""
        kept = self._lists.get(conversation_id)
        if kept is None or kept[0] != epoch:
            return None
        self._lists.move_to_end(conversation_id)
        return kept[1]

    def split(
        self, logs: Mapping[ConversationId, LogEnd]
    ) -> tuple[dict[ConversationId, MemberList], dict[ConversationId, LogEnd]]:
        """Return the lists that are here, and the logs whose lists have to be read."""
        found: dict[ConversationId, MemberList] = {}
        missing: dict[ConversationId, LogEnd] = {}
        for conversation_id, log in logs.items():
            members = self.get(conversation_id, epoch=log.members_epoch)
            if members is None:
                missing[conversation_id] = log
            else:
                found[conversation_id] = members
        return found, missing

    def put(self, conversation_id: ConversationId, *, epoch: int, members: MemberList) -> None:
        """Keep a list, and drop the longest unused ones past the bound."""
        replaced = self._lists.pop(conversation_id, None)
        self._size += len(members.ids) - (len(replaced[1].ids) if replaced else 0)
        self._lists[conversation_id] = (epoch, members)
        while self._size > self._max_members and self._lists:
            _, (_, dropped) = self._lists.popitem(last=False)
            self._size -= len(dropped.ids)
