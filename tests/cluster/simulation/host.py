"""One virtual machine: a clock of its own, a disk, a process that may crash, freeze, be slow, and start again."""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from apps.cluster.core.ids import NodeId
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
from tests.cluster.simulation.dataplane import DataPlane
from tests.cluster.simulation.disk import Disk
from tests.cluster.simulation.plan import address_of

if TYPE_CHECKING:
    from apps.cluster.core.state import Command
    from tests.cluster.simulation.histories import Operation
    from tests.cluster.simulation.world import World

STALL_US = (50_000, 2_500_000)
"""How long a process stands still that is stopped in the middle of what it does."""
INBOX_MAX = 2_000
"""Packets that wait for a busy or frozen process; more are dropped, as a socket's buffer would."""
ROUND_TRIP_EVERY = 37
"""Every so many-th message goes through its wire format: often enough to meet each kind in each run."""

ENCODER = msgspec.msgpack.Encoder()
CONTROL = msgspec.msgpack.Decoder(ControlMessage)


class Host:
    """Machine number `number`. Its process is `machine`; None while it is down."""

    def __init__(self, world: World, number: int, *, joins: bool) -> None:
        rng = world.kernel.rng
        self.world = world
        self.number = number
        self.joins = joins
        """Founds no cluster, but waits to be taken in."""
        self.node = NodeId(rng.getrandbits(62) + 1)
        self.disk = Disk(Identity(node=self.node, boot=0, name=f"n{number}"))
        self.machine: NodeMachine | None = None
        self.data: DataPlane | None = None
        self.view: View | None = None
        self.serving_until_ms = 0
        self.frozen = False
        self.write_us = 500
        self.data_lag_us = world.plan.data_lag_us * (number % 2)
        self.crash_at_write = 0
        """The power fails during the so many-th write from now; 0: it does not."""
        self.freeze_at_effect = 0
        """The process is stopped before it does the so many-th thing from now; 0: it is not."""
        self.stopped: str | None = None
        self.life = 0
        self._base_ms = 0
        self._rate_ppm = 1_000_000
        self._busy = False
        self.wrote_us = 0
        """When the process was given what it wrote last."""
        self._asked_us = 0
        self._inbox: deque[tuple[str, tuple[Any, ...]]] = deque()
        self._effects: deque[Effect] = deque()
        self._wake_us = 0
        self._data_us = 0
        self._doing: Persist | SaveIdentity | None = None

    @property
    def address(self) -> tuple[str, int]:
        return address_of(self.number)

    @property
    def life_id(self) -> tuple[int, int]:
        """This start of this machine."""
        return (self.number, self.life)

    @property
    def alive(self) -> bool:
        return self.machine is not None

    def clock_ms(self) -> int:
        """What the machine's monotonic clock shows at this instant of true time."""
        return self._base_ms + self.world.kernel.now_us * self._rate_ppm // 1_000_000_000

    def true_us(self, local_ms: int) -> int:
        """When the clock will show this (or did), in true time."""
        return -((self._base_ms - local_ms) * 1_000_000_000 // self._rate_ppm)

    def start(self) -> None:
        """Power on: the clock starts anywhere and goes at a rate within the bound."""
        assert self.machine is None
        kernel = self.world.kernel
        self.life += 1
        self.stopped = None
        self._rate_ppm = 1_000_000 + int((kernel.rng.random() - 0.5) * self.world.plan.drift * 1_000_000)
        self._base_ms = kernel.rng.randrange(10_000_000)
        kernel.note("start", self.number, self.life)
        identity = self.disk.start()
        config = self.world.node_config(self)
        rng = random.Random(kernel.rng.getrandbits(64))
        self.machine = NodeMachine(
            identity, self.disk.recover(), self.disk.claim, config, self.world.seeds_for(self), rng, self.clock_ms()
        )
        self.data = DataPlane(self)
        self.world.chatter.begin(self)
        self._after(self.machine)

    def crash(self) -> None:
        """Power off, in the middle of whatever it does."""
        if self.machine is None:
            return
        fate = self.disk.tear(self._doing, self.world.kernel.rng) if self._doing is not None else "idle"
        self.world.kernel.note("crash", self.number, fate)
        self._end()

    def freeze(self, duration_us: int) -> None:
        """SIGSTOP now, SIGCONT later: the process stands still while its clock goes on."""
        if self.machine is None or self.frozen:
            return
        self.world.kernel.note("freeze", self.number, duration_us // 1_000)
        self.frozen = True
        self.world.kernel.after(duration_us, self._thaw, self.life)

    def heal(self) -> None:
        """Let nothing go wrong any more; the data plane catches up with what it was not told yet."""
        self.write_us, self.data_lag_us, self.crash_at_write, self.freeze_at_effect = 500, 0, 0, 0
        if self.frozen:
            self._thaw(self.life)

    def post(self, event: str, *args: Any) -> None:
        """Something arrives at the process; it waits while that is busy."""
        if self.machine is None:
            return
        if self._busy or self.frozen:
            if len(self._inbox) < INBOX_MAX:
                self._inbox.append((event, args))
            return
        self._handle(event, args)

    def call(self, method: str, *args: Any) -> Any:
        """Use the node as its own process would, now; for clients that live in it."""
        assert self.machine is not None
        result = getattr(self.machine, method)(*args, self.clock_ms())
        self._after(self.machine)
        return result

    def ask(self, command: Command | None, operation: Operation) -> None:
        """Put a question of a client; it knows its ticket before an answer can come."""
        machine = self.machine
        assert machine is not None
        now_ms = self.clock_ms()
        ticket = machine.read(now_ms) if command is None else machine.propose(command, now_ms)
        self.world.clients.expect(self, ticket, operation)
        self._after(machine)

    @property
    def can_act(self) -> bool:
        return self.machine is not None and not self.frozen and not self._busy

    def _handle(self, event: str, args: tuple[Any, ...]) -> None:
        machine = self.machine
        assert machine is not None
        getattr(machine, event)(*args, self.clock_ms())
        self._after(machine)

    def _after(self, machine: NodeMachine) -> None:
        """Do what follows from what was just put in, at once or after what is being done."""
        if not self._effects:
            self._asked_us = self.world.kernel.now_us
        self._effects.extend(machine.take())
        if not self._busy:
            self._perform()
            self._rest(machine)

    def _rest(self, machine: NodeMachine) -> None:
        while self._inbox and self.machine is machine and not self._busy and not self.frozen:
            event, args = self._inbox.popleft()
            self._asked_us = self.world.kernel.now_us
            getattr(machine, event)(*args, self.clock_ms())
            self._effects.extend(machine.take())
            self._perform()
        if self.machine is machine and not self._busy:
            self._arm(machine)

    def _arm(self, machine: NodeMachine) -> None:
        due_us = max(self.true_us(machine.next_deadline_ms), self.world.kernel.now_us + 1)
        if self._wake_us <= self.world.kernel.now_us or due_us < self._wake_us:
            self._wake_us = due_us
            self.world.kernel.at(due_us, self._wake, self.life, due_us)

    def _wake(self, life: int, due_us: int) -> None:
        if life == self.life and due_us == self._wake_us and self.machine is not None:
            self._wake_us = 0
            self.post("tick")

    def _perform(self) -> None:
        """Do what the machine wants, in order; a write to the disk takes time, and everything after it waits."""
        while self._effects and not self._stands_still():
            effect = self._effects.popleft()
            if isinstance(effect, Persist | SaveIdentity):
                self._busy = True
                self._doing = effect
                self.wrote_us = self._asked_us
                delay_us = int(self.write_us * (0.5 + self.world.kernel.rng.random()))
                self.world.kernel.after(delay_us, self._written, self.life)
                self._maybe_fail(delay_us)
                return
            self._perform_one(effect)

    def _stands_still(self) -> bool:
        if self.freeze_at_effect:
            self.freeze_at_effect -= 1
            if not self.freeze_at_effect:
                self.freeze(self.world.kernel.rng.randrange(*STALL_US))
        return self.frozen

    def _maybe_fail(self, delay_us: int) -> None:
        if self.crash_at_write:
            self.crash_at_write -= 1
            if not self.crash_at_write:
                self.world.kernel.after(delay_us // 2, self._fail, self.life)

    def _fail(self, life: int) -> None:
        if life == self.life:
            self.crash()

    def _written(self, life: int) -> None:
        if life != self.life or self.machine is None:
            return
        if self.frozen:
            self.world.kernel.after(1_000, self._written, life)
            return
        assert self._doing is not None
        self.disk.save(self._doing)
        if isinstance(self._doing, Persist):
            self.world.observer.persisted(self, self._doing)
        self._doing, self._busy = None, False
        self._perform()
        if self.machine is not None:
            self._rest(self.machine)

    def _perform_one(self, effect: Effect) -> None:
        world = self.world
        match effect:
            case Send(node, _, message):
                world.send(self, world.host_of(node), "receive", self._wired(message))
            case SendDatagram(address, message):
                world.send(self, world.host_at(address), "receive_datagram", self.address, message)
            case SendStream(address, message):
                world.send(self, world.host_at(address), "receive", self._wired(message))
            case Serving(until_ms):
                self._data_plane("serve", until_ms)
            case ViewChanged(view):
                world.observer.viewed(self, view)
                self._data_plane("apply", view)
            case Completed() | Failed():
                world.clients.answered(self, effect)
            case Stop(code, detail):
                world.kernel.note("stop", self.number, code, detail)
                self.stopped = code
                self._end()
            case _:
                raise AssertionError(effect)

    def _wired(self, message: ControlMessage) -> ControlMessage:
        if self.world.kernel.events % ROUND_TRIP_EVERY:
            return message
        decoded: ControlMessage = CONTROL.decode(ENCODER.encode(message))
        assert decoded == message
        return decoded

    def _data_plane(self, what: str, value: Any) -> None:
        """Views and leases reach the session loop in order, some time later."""
        now_us = self.world.kernel.now_us
        self._data_us = max(self._data_us, now_us + self.data_lag_us)
        if self._data_us > now_us:
            self.world.kernel.at(self._data_us, self._in_force, self.life, what, value)
        else:
            self._in_force(self.life, what, value)

    def _in_force(self, life: int, what: str, value: Any) -> None:
        if life == self.life and self.data is not None:
            self.data.do(what, value)

    def in_force(self, view: View) -> None:
        """The data plane works by this view."""
        self.view = view
        self.world.observer.serving_changed(self)
        self.world.kernel.after(0, self.post, "confirm", view.index)

    def serve(self, until_ms: int) -> None:
        """The data plane serves until then."""
        self.serving_until_ms = until_ms
        self.world.observer.serving_changed(self)

    def _thaw(self, life: int) -> None:
        if life != self.life or self.machine is None or not self.frozen:
            return
        self.world.kernel.note("thaw", self.number)
        self.frozen = False
        if self.data is not None:
            self.data.thaw()
        if not self._busy:
            machine = self.machine
            self._wake_us = 0
            self._perform()
            self._rest(machine)

    def _end(self) -> None:
        ended = self.life_id
        self.life += 1
        self.machine = self.data = self.view = self._doing = None
        self.serving_until_ms = 0
        self.frozen = self._busy = False
        self._inbox.clear()
        self._effects.clear()
        self._wake_us = 0
        self.world.clients.lost(ended)
        self.world.ended(self)
