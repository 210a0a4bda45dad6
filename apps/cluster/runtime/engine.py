"""Runs the control plane of one node in the event loop it is started in: events in, effects out, strictly in order.

Writing to the disk blocks this loop on purpose: nothing may be said before it is saved. So the loop is the control
plane's own (`drive`). Not here: threads, and what callers may ask.
"""

import asyncio
import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from time import perf_counter
from typing import Any

from apps.cluster.core.gossip import Address, GossipMessage
from apps.cluster.core.ids import NO_NODE, NodeId, node_name
from apps.cluster.core.node import (
    Completed,
    ControlMessage,
    Effect,
    Failed,
    Identity,
    NodeMachine,
    Persist,
    SaveIdentity,
    Send,
    SendDatagram,
    SendStream,
    Serving,
    Stop,
    View,
    ViewChanged,
)
from apps.cluster.runtime.board import Board
from apps.cluster.runtime.clock import monotonic_ms
from apps.cluster.runtime.config import ClusterConfig
from apps.cluster.runtime.disk import Disk, StorageFailed
from apps.cluster.runtime.files import NodeFiles
from apps.cluster.runtime.journal import Journal
from apps.cluster.runtime.lag import Lag
from apps.cluster.runtime.links import Answerer, Links
from apps.cluster.runtime.names import family_of, require_family
from apps.cluster.runtime.packets import PacketPort
from apps.cluster.runtime.sealing import Party

logger = logging.getLogger(__name__)

PORT_TRIES = 20
"""How many free ports are tried until one is free for TCP and for UDP."""

Outcome = tuple[str, Any]
"""A code, empty for done, and a result."""


class Engine:
    """One node. `on_stop(code, detail)` is called once, when the node must not or cannot go on."""

    def __init__(
        self,
        config: ClusterConfig,
        board: Board,
        answer: Answerer,
        on_stop: Callable[[str, str], None],
        disk: Disk | None = None,
    ) -> None:
        self.config = config
        self.board = board
        self.counters: Counter[str] = Counter()
        self.tick_lag = Lag()
        self.persist_lag = Lag()
        self._answer = answer
        self._on_stop = on_stop
        self._files = NodeFiles(config.folder, disk)
        self._log = self._files.log
        self._journal = Journal()
        self._waiting: dict[int, Future[Outcome]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due_ms = 0
        self._newest: tuple[View | None, int] = (None, 0)
        self._published: tuple[View | None, int] = self._newest
        self._running = False
        self._work_planned = False
        self.links: Links
        self.packets: PacketPort
        self.machine: NodeMachine
        self.address: Address

    async def start(self) -> None:
        """Open files and ports, and begin. Raises StorageFailed, OSError or ValueError; then nothing stays open."""
        identity, claim = self._files.open(self.config.name)
        try:
            stored = self._log.open()
            party = Party(identity.node, identity.cluster_id)
            port = await self._listen(party)
            node_config = self.config.node_config(identity.node, port)
            self.address = node_config.address
            rng = random.Random(secrets.randbits(64))  # noqa: S311 - spreads work; nothing is kept secret by it
            self.machine = NodeMachine(identity, stored, claim, node_config, self.config.join, rng, monotonic_ms())
            self._files.announce(identity, self.config.host, port)
        except BaseException:
            await self._close()
            raise
        logger.info("node started", extra={"node": node_name(identity.node), "boot": identity.boot, "port": port})
        self._running = True
        self.run(lambda _: None)

    async def stop(self) -> None:
        """End at once, as a crash would: nothing that was promised depends on a farewell."""
        self._end()
        await self._close()

    def run(self, event: Callable[[int], None]) -> None:
        """Let something happen to the machine, now, and what it wants with the next turn. Every way in leads here."""
        if not self._running:
            return  # Something came before the start was done, or after the end.
        try:
            event(monotonic_ms())
        except Exception as error:
            logger.exception("the control plane failed")
            self._give_up("defect", f"{type(error).__name__}: {error}")
            return
        if not self._work_planned:
            self._work_planned = True
            asyncio.get_running_loop().call_soon(self._work)

    def ask(self, question: Callable[[int], int], future: Future[Outcome]) -> None:
        """Propose or read: `question` returns a ticket, and `future` gets the outcome."""

        def event(now_ms: int) -> None:
            try:
                self._waiting[question(now_ms)] = future
            except ValueError as error:
                future.set_result(("invalid", str(error)))

        self.run(event)
        if not self._running and not future.done():
            future.set_result(("stopped", None))

    def _work(self) -> None:
        """Do what the machine wants after everything that came in one turn."""
        self._work_planned = False
        if not self._running:
            return
        try:
            for effects in _stages(self.machine.take()):
                self._persist([effect for effect in effects if isinstance(effect, Persist)])
                for effect in effects:
                    self._do(effect)
            self._publish()
            self._arm()
        except StorageFailed as error:
            self._give_up("storage", str(error))
        except Exception as error:
            logger.exception("the control plane failed")
            self._give_up("defect", f"{type(error).__name__}: {error}")

    def _do(self, effect: Effect) -> None:
        match effect:
            case Send(node, address, message):
                self.links.send(node, address, message)
            case SendDatagram(address, packet):
                self.packets.send(address, packet)
            case SendStream(address, message):
                self.links.send(NO_NODE, address, message)
            case Serving(until_ms):
                self._newest = (self._newest[0], until_ms)
            case ViewChanged(view):
                self._journal.note(view)
                self._newest = (view, self._newest[1])
            case Completed(request, result):
                self._resolve(request, ("", result))
            case Failed(request, code):
                self._resolve(request, (code, None))
            case SaveIdentity(identity, claim):
                self._files.save(identity, claim)
                self._rename(identity)
            case Stop(code, detail):
                self._give_up(code, detail)

    def _persist(self, effects: list[Persist]) -> None:
        if not effects:
            return
        begun_s = perf_counter()
        self._log.save_all([(effect.hard_state, effect.snapshot, effect.entries) for effect in effects])
        self.persist_lag.note((perf_counter() - begun_s) * 1_000, monotonic_ms())

    def _publish(self) -> None:
        if self._running and self._newest is not self._published:
            self._published = self._newest
            self.board.publish(*self._newest)

    def _rename(self, identity: Identity) -> None:
        self.links.me = self.packets.me = Party(identity.node, identity.cluster_id)

    def _resolve(self, ticket: int, outcome: Outcome) -> None:
        future = self._waiting.pop(ticket, None)
        self._publish()  # Whoever hears that it is done may look for it in the view at once.
        if future is not None and not future.done():
            future.set_result(outcome)

    def _arm(self) -> None:
        if not self._running:
            return
        due_ms = self.machine.next_deadline_ms
        if self._timer is not None:
            if due_ms == self._due_ms:
                return
            self._timer.cancel()
        self._due_ms = due_ms
        delay_ms = max(1, due_ms - monotonic_ms())
        self._timer = asyncio.get_running_loop().call_later(delay_ms / 1_000, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now_ms = monotonic_ms()
        self.tick_lag.note(max(0, now_ms - self._due_ms), now_ms)
        self.run(self.machine.tick)

    def _heard(self, sender: NodeId, message: ControlMessage) -> None:
        self.run(lambda now_ms: self.machine.receive(sender, message, now_ms))

    def _overheard(self, sender: NodeId, address: Address, message: GossipMessage) -> None:
        self.run(lambda now_ms: self.machine.receive_datagram(sender, address, message, now_ms))

    def _give_up(self, code: str, detail: str) -> None:
        if not self._running:
            return
        self._end()
        logger.log(
            logging.INFO if code == "left" else logging.CRITICAL,
            "node stopped: %s",
            detail,
            extra={"code": code, "detail": detail},
        )
        self._on_stop(code, detail)

    def _end(self) -> None:
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
        self.board.publish(self._newest[0], 0)
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_result(("stopped", None))

    async def _listen(self, me: Party) -> int:
        config, counters = self.config, self.counters
        require_family(await family_of(config.host), [config.advertise, *(host for host, _ in config.join)])
        rng = random.Random(secrets.randbits(64))  # noqa: S311 - spreads reconnects
        for attempt in range(PORT_TRIES):
            self.links = Links(
                config.keys,
                me,
                receive=self._heard,
                answer=self._answer,
                clock_ms=monotonic_ms,
                counters=counters,
                rng=rng,
            )
            self.packets = PacketPort(config.keys, me, self._overheard, monotonic_ms, counters)
            port = await self.links.start(config.host, config.port)
            try:
                await self.packets.start(config.host, port)
            except OSError:
                await self.links.stop()
                if config.port or attempt == PORT_TRIES - 1:
                    raise
            else:
                break
        return port

    async def _close(self) -> None:
        if hasattr(self, "links"):
            await self.links.stop()
            await self.packets.stop()
        self._files.close()


def _stages(effects: list[Effect]) -> list[list[Effect]]:
    """Return effects in parts, each ending where the identity is saved.

    Within a part all writes to the log may go first, as one: that only makes the rest safer. Not beyond an identity:
    a log without the promise it was begun by would be taken for another node's.
    """
    stages: list[list[Effect]] = [[]]
    for effect in effects:
        stages[-1].append(effect)
        if isinstance(effect, SaveIdentity):
            stages.append([])
    return stages
