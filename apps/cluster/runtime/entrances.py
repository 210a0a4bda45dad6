"""Where clients come in: public WebSocket addresses of the members that live and are to stay, out of one view.

A view may be late, so an address is a good guess and no promise. Not here: whether a client follows it.
"""

import re
from typing import Final

from apps.cluster.core.gossip import Status
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import View
from apps.cluster.core.slots import slot_of

_ADDRESS: Final = re.compile(r"wss?://[\w.:\[\]-]+(/[\w./~%-]*)?", re.ASCII)
"""What is handed on. Anything else is of no use to clients, and could mean something else in a header of a page."""


def home_of(view: View, key: str) -> str:
    """Return the public address of the node that owns a key's slot.

    Empty where going there would not help: nobody or this node owns it, the owner is not believed alive or is to be
    emptied, or either has no address, or both have the same, that of a proxy in front.
    """
    here, there = _address(view, view.node), _address(view, view.table.owner(slot_of(key)))
    return there if here and there != here else ""


def entrances(view: View) -> tuple[str, ...]:
    """Return every such address once, this node's first and each node's followed by another one.

    So clients that lose their node and try the next address do not all come to the same.
    """
    nodes = sorted(view.members, key=lambda node: (node < view.node, node))
    return tuple(dict.fromkeys(address for address in (_address(view, node) for node in nodes) if address))


def _address(view: View, node: NodeId) -> str:
    record = view.members.get(node)
    if record is None or (node != view.node and not _stays(view, node)):
        return ""
    return record.public_url if _ADDRESS.fullmatch(record.public_url) else ""


def _stays(view: View, node: NodeId) -> bool:
    record = view.members[node]
    return view.statuses.get(node) is Status.ALIVE and not record.draining and not record.retiring
