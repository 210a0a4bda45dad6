"""The only door to the cluster for other apps: one node per process, asked from any thread and any event loop.

What the cluster decides is safe to act on; views are what this node knows, perhaps late. Not here: the channel layer.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Event
from typing import Any

from apps.cluster.core.gossip import Address
from apps.cluster.core.ids import NO_NODE, NodeId, parse_node
from apps.cluster.core.node import View
from apps.cluster.core.raft import ProposalRefused
from apps.cluster.core.slots import slot_of
from apps.cluster.core.state import AcquireLease, Command, Lease, ReleaseLease, RenewLease, Retire, SetDraining
from apps.cluster.runtime.admin import answer
from apps.cluster.runtime.asking import AdminRequest, AskFailed, ask_node
from apps.cluster.runtime.board import Callback, Subscription
from apps.cluster.runtime.config import ClusterConfig
from apps.cluster.runtime.disk import StorageFailed
from apps.cluster.runtime.drive import DriveThread
from apps.cluster.runtime.engine import Outcome
from apps.cluster.runtime.entrances import entrances, home_of
from apps.cluster.runtime.errors import (
    ClusterRefused,
    ClusterUnavailable,
    LeaseHeld,
    LeaseLost,
    MemberUnknown,
    NotLeader,
)
from apps.cluster.runtime.keyring import KeyRing
from apps.cluster.runtime.report import report, slot_ranges

logger = logging.getLogger(__name__)

PASSING = frozenset(
    {"no_cluster", "no_leader", "not_leader", "busy", "transferring", "timeout", "unknown", "stopped", "too_early"}
    | {ClusterUnavailable.code}
)
"""Codes that pass with time. After `timeout`, `unknown` and `stopped` it may have been done all the same."""
DO_WITHIN_S = 5.0
"""How long the node's own thread may take for something that decides nothing; then it is said to have failed."""
LEAD_WITHIN_S = 5.0
"""How long handing over the office, and before that finding who has it, may take; then it is said to have failed."""
LEAVE_WITHIN_S = 15.0
"""How long a farewell may take; then the node ends without it."""


class Cluster:
    """A running node. Made by `start`."""

    def __init__(self, config: ClusterConfig, on_fatal: Callable[[str, str], None]) -> None:
        """Open ports and files and begin. Raises StorageFailed, OSError or ValueError.

        `on_fatal(code, detail)` is called once, in another thread, when the node ends by itself: so should its process.
        """
        self._config = config
        self._on_fatal = on_fatal
        self._gone = Event()
        self._count_more: Callable[[], Mapping[str, int]] = dict
        self._drive = DriveThread(config, lambda frame: answer(self, frame), self._stopped)
        self._engine = self._drive.start()
        self.node: NodeId = self._engine.machine.identity.node
        self.name = config.name
        self.address: Address = self._engine.address
        """Where others reach the control port."""

    @property
    def view(self) -> View | None:
        """What this node knows of its cluster; None before it belongs to one."""
        return self._drive.board.view

    @property
    def serving_until_ms(self) -> int:
        """Until when (`clock.monotonic_ms`) this node may serve its slots, by the view of the same moment."""
        return self._drive.board.serving_until_ms

    def subscribe(self, callback: Callback, loop: asyncio.AbstractEventLoop) -> Subscription:
        """Have `callback(view, serving_until_ms)` called in `loop` with the newest pair, soon and after changes."""
        return self._drive.board.subscribe(callback, loop)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Never call it again."""
        self._drive.board.unsubscribe(subscription)

    def confirm(self, index: int) -> None:
        """The data plane of this process works by the view of this index; the leader waits for that."""
        self._post(lambda now_ms: self._engine.machine.confirm(index, now_ms))

    def update_load(self, load: int) -> None:
        """Tell the others how much this node has to do."""
        self._post(lambda now_ms: self._engine.machine.update_load(load, now_ms))

    def owner_of(self, key: str) -> NodeId:
        """Return which node owns the slot of a key; NO_NODE while none does."""
        return view.table.owner(slot_of(key)) if (view := self.view) is not None else NO_NODE

    def home_of(self, key: str) -> str:
        """Return the public address of the node that owns a key's slot; empty where this node is no worse."""
        return "" if self.view is None else home_of(self.view, key)

    def entrances(self) -> tuple[str, ...]:
        """Return the public addresses of the nodes that live and are to stay, this one's first."""
        return () if self.view is None else entrances(self.view)

    async def propose(self, command: Command) -> Any:
        """Have a command decided and applied; return its result. Raises ClusterUnavailable, ClusterRefused."""
        code, result = await self._ask(lambda now_ms: self._engine.machine.propose(command, now_ms))
        _check(code)
        return result

    async def read(self) -> View:
        """Return a view that shows everything decided before this call. Raises ClusterUnavailable."""
        code, _ = await self._ask(self._engine.machine.read)
        if code or self.view is None:
            raise ClusterUnavailable(reason=code)
        return self.view

    async def acquire(self, key: str, ttl_ms: int) -> Lease:
        """Take a lease; write what it guards with its `token`. Raises LeaseHeld, ClusterUnavailable, ClusterRefused."""
        command = AcquireLease(key, self.node, ttl_ms, secrets.randbits(62))
        return await self._lease(key, command)

    async def renew(self, lease: Lease, ttl_ms: int) -> Lease:
        """Hold a lease for longer. Raises LeaseLost, ClusterUnavailable, ClusterRefused."""
        return await self._lease(lease.key, RenewLease(lease.key, lease.token, ttl_ms))

    async def release(self, lease: Lease) -> None:
        """Give a lease back. Raises LeaseLost, ClusterUnavailable, ClusterRefused."""
        await self._lease(lease.key, ReleaseLease(lease.key, lease.token))

    async def status(self) -> dict[str, Any]:
        """Return everything this node knows, as plain values. Raises ClusterUnavailable once it has ended."""
        found = await self._do(lambda _: report(self._engine))
        return {**found, "counters": {**found["counters"], **self._count_more()}}

    def count_with(self, count: Callable[[], Mapping[str, int]]) -> None:
        """Have `count`, called in any thread, add the data plane's counters to those of `status`."""
        self._count_more = count

    async def slots(self) -> list[dict[str, Any]]:
        """Return who owns which slots, as plain values."""
        return slot_ranges(view) if (view := self.view) is not None else []

    async def drain(self, node: str, *, undo: bool = False) -> None:
        """Take all slots from a member, or let it have some again. Raises MemberUnknown and as `propose`."""
        await self.propose(SetDraining(self.find(node), not undo))

    async def remove(self, node: str) -> None:
        """Have a member emptied, its vote taken, and removed for good. Raises MemberUnknown and as `propose`."""
        await self.propose(Retire(self.find(node)))

    async def transfer(self, node: str) -> None:
        """Have a member lead, whoever does now. Raises MemberUnknown, ClusterUnavailable, ClusterRefused."""
        try:
            await self.lead(node)
        except NotLeader:
            await self._ask_leader(AdminRequest("transfer", {"node": node}))

    async def lead(self, node: str) -> None:
        """Hand this node's office over to a member. Raises NotLeader, and as `transfer`."""
        to = self.find(node)
        view = self.view
        if view is None or view.leader != self.node:
            raise NotLeader(leader=self._leader_name())
        if to == self.node:
            return
        try:
            await self._do(lambda now_ms: self._engine.machine.transfer(to, now_ms))
        except ProposalRefused as refused:
            _check(refused.reason)
        if not await self._until(lambda view: view.leader == to):
            raise ClusterUnavailable(reason="timeout")

    async def leave(self) -> None:
        """Give slots and office to others and say goodbye, within a bound; then end."""
        if not self._gone.is_set():
            self._post(self._engine.machine.leave)
            await asyncio.to_thread(self._gone.wait, LEAVE_WITHIN_S)
        await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """End at once, as far as the others can tell by a crash; returns when ports and folder are free."""
        self._gone.set()
        self._drive.stop()
        if _process.cluster is self:
            _process.cluster = None

    def find(self, node: str) -> NodeId:
        """Return the member with this name or id. Raises MemberUnknown."""
        members = {} if self.view is None else self.view.members
        named = [number for number, record in members.items() if record.name == node]
        with suppress(ValueError):
            if not named and parse_node(node) in members:
                named = [parse_node(node)]
        if len(named) != 1:
            raise MemberUnknown(node=node)
        return named[0]

    def leader_address(self) -> Address | None:
        """Where the leader's control port is; None while there is no leader."""
        view = self.view
        if view is None or view.leader not in view.members:
            return None
        record = view.members[view.leader]
        return record.host, record.control_port

    def _leader_name(self) -> str:
        view = self.view
        return view.members[view.leader].name if view is not None and view.leader in view.members else ""

    async def _lease(self, key: str, command: Command) -> Lease:
        try:
            lease: Lease = await self.propose(command)
        except ClusterRefused as refused:
            match refused.fields["reason"]:
                case "lease_held":
                    raise LeaseHeld(key=key) from refused
                case "lease_lost":
                    raise LeaseLost(key=key) from refused
            raise
        return lease

    async def _ask_leader(self, request: AdminRequest) -> None:
        await self._until(lambda _: self.leader_address() is not None)
        address = self.leader_address()
        if address is None:
            raise ClusterUnavailable(reason="no_leader")
        try:
            reply = await asyncio.to_thread(ask_node, address, self._config.keys, request)
        except AskFailed as failed:
            raise ClusterUnavailable(reason=failed.reason) from failed
        _check(reply.code)

    async def _ask(self, question: Callable[[int], int]) -> Outcome:
        return await asyncio.wrap_future(self._drive.ask(self._engine, question))

    async def _do(self, work: Callable[[int], Any]) -> Any:
        """Return what `work` returns or raises, done in the node's own thread."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # So a caller that waits no longer cannot take it from the thread.

        def event(now_ms: int) -> None:
            try:
                future.set_result(work(now_ms))
            except Exception as error:
                future.set_exception(error)

        def run() -> None:
            self._engine.run(event)
            if not future.done():
                future.set_exception(ClusterUnavailable(reason="stopped"))

        if not self._drive.post(run):
            raise ClusterUnavailable(reason="stopped")
        try:
            async with asyncio.timeout(DO_WITHIN_S):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise ClusterUnavailable(reason="timeout") from error

    def _post(self, event: Callable[[int], None]) -> None:
        self._drive.post(lambda: self._engine.run(event))

    async def _until(self, holds: Callable[[View], bool]) -> bool:
        reached = asyncio.Event()

        def look(view: View | None, _: int) -> None:
            if view is not None and holds(view):
                reached.set()

        subscription = self.subscribe(look, asyncio.get_running_loop())
        try:
            async with asyncio.timeout(LEAD_WITHIN_S):
                await reached.wait()
        except TimeoutError:
            return False
        finally:
            self.unsubscribe(subscription)
        return True

    def _stopped(self, code: str, detail: str) -> None:
        asked_for = self._gone.is_set() or code == "left"
        self._gone.set()
        if not asked_for:
            self._on_fatal(code, detail)


def _check(code: str) -> None:
    """Raise what a code means, if it is not the one of success."""
    if code in PASSING:
        raise ClusterUnavailable(reason=code)
    if code:
        raise ClusterRefused(reason=code)


class CannotStart(Exception):
    """This node cannot be started: a file, a port or a setting. The text says which, without showing a key."""


class _Process:
    """Holds this process's node."""

    def __init__(self) -> None:
        self.cluster: Cluster | None = None


_process = _Process()


def start(config: ClusterConfig, on_fatal: Callable[[str, str], None]) -> Cluster:
    """Start this process's node (see `Cluster`). Raises CannotStart; RuntimeError if there is one."""
    if _process.cluster is not None:
        raise RuntimeError("this process is a node already")
    try:
        _process.cluster = Cluster(config, on_fatal)
    except (StorageFailed, OSError, ValueError) as error:
        raise CannotStart(str(error)) from error
    return _process.cluster


def current() -> Cluster | None:
    """Return this process's node, if it was started."""
    return _process.cluster


def lack() -> str:
    """Return what keeps this process's node from serving, in a word; empty when nothing does, or it is no node."""
    if _process.cluster is None or ((view := _process.cluster.view) is not None and view.leader != NO_NODE):
        return ""
    return "no_cluster" if view is None else "no_leader"


def configure(options: Mapping[str, Any]) -> ClusterConfig:
    """Return the configuration that Django's IM_CLUSTER describes. Raises CannotStart."""
    try:
        return ClusterConfig(**{**options, "keys": KeyRing(options["keys"])})
    except ValueError as error:
        raise CannotStart(str(error)) from error
