"""What a node wants done. The order in which `NodeMachine.take` gives them is part of the protocol."""

from dataclasses import dataclass

from apps.cluster.core.gossip import Address, GossipMessage
from apps.cluster.core.ids import NodeId
from apps.cluster.core.node.identity import Claim, Identity
from apps.cluster.core.node.messages import ControlMessage
from apps.cluster.core.node.view import View
from apps.cluster.core.raft import Entry, HardState, Snapshot


@dataclass(frozen=True, slots=True)
class SaveIdentity:
    """Write both records and force them to the disk before anything after this."""

    identity: Identity
    claim: Claim | None


@dataclass(frozen=True, slots=True)
class Persist:
    """Save to the log and force it to the disk before anything after this."""

    hard_state: HardState | None
    snapshot: Snapshot | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Send over the control link to a node; may be lost."""

    node: NodeId
    address: Address
    message: ControlMessage


@dataclass(frozen=True, slots=True)
class SendStream:
    """Send over a control link to whoever answers at this address; may be lost."""

    address: Address
    message: ControlMessage


@dataclass(frozen=True, slots=True)
class SendDatagram:
    """Send one datagram; may be lost."""

    address: Address
    message: GossipMessage


@dataclass(frozen=True, slots=True)
class Completed:
    """A proposal was applied, or a read may be answered: from here on the view shows what it has to show."""

    request: int
    result: object


@dataclass(frozen=True, slots=True)
class Failed:
    """A proposal was refused (by a code of the state machine), or its fate is not known (`timeout`, `unknown`)."""

    request: int
    code: str


@dataclass(frozen=True, slots=True)
class ViewChanged:
    """Something in the view is different. Only the newest counts; the data plane confirms its `index`."""

    view: View


@dataclass(frozen=True, slots=True)
class Serving:
    """This node may serve its slots until then, by its own monotonic clock; 0: not at all."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Stop:
    """This node must not go on. Nothing follows."""

    code: str
    detail: str


Effect = SaveIdentity | Persist | Send | SendStream | SendDatagram | Completed | Failed | ViewChanged | Serving | Stop
