"""An interpreter for scenarios: text files of commands with the output they have to give.

A file is made of blocks: commands, `----`, their output, an empty line. `#` begins a comment. See `Interpreter` for the
commands. Set RAFT_SCENARIOS=write to have the outputs written anew, and then read the difference.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from apps.cluster.core.ids import NodeId
from apps.cluster.core.raft import Append, Change, ChangeKind, ProposalRefused, RaftMessage, Role
from tests.cluster.core.raft.network import BLANK, Network, founding

CHANGES = {kind.name.lower().replace("_", "-"): kind for kind in ChangeKind}
MESSAGES: dict[str, type] = {kind.__name__.lower(): kind for kind in RaftMessage.__args__}


def describe(message: RaftMessage) -> str:
    """Return a message in one line."""
    fields = msgspec.structs.asdict(message)
    if isinstance(message, Append):
        fields["entries"] = "[" + " ".join(f"{entry.index}:{entry.term}" for entry in message.entries) + "]"
    if "snapshot" in fields:
        fields["snapshot"] = f"{message.snapshot.index}:{message.snapshot.term}"  # type: ignore[union-attr]
    return " ".join([type(message).__name__.lower(), *(f"{name}={value}" for name, value in fields.items())])


def pairs(text: str, numbers: list[int]) -> list[tuple[int, int]]:
    """Read `1->2`, `1-2`, `1->*`, `*->1` or `*`."""
    if text == "*":
        return [(a, b) for a in numbers for b in numbers if a != b]
    arrow = "->" if "->" in text else "-"
    left, right = text.split(arrow)
    lefts = numbers if left == "*" else [int(left)]
    rights = numbers if right == "*" else [int(right)]
    found = [(a, b) for a in lefts for b in rights if a != b]
    return found if arrow == "->" else found + [(b, a) for a, b in found]


class Interpreter:
    """One scenario's nodes. Every method named `do_…` is a command; its words come as arguments."""

    def __init__(self) -> None:
        self.network = Network()
        self.network.on_event = self.say
        self.output: list[str] = []
        self._roles: dict[int, tuple[Role, int]] = {}

    def say(self, text: str) -> None:
        """Add a line to the output."""
        self.output.append(text)

    def execute(self, line: str) -> None:
        """Do one command, and say which roles have changed."""
        name, *words = line.split()
        command: Callable[..., None] = getattr(self, f"do_{name.replace('-', '_')}")
        try:
            command(*words)
        except ProposalRefused as refused:
            self.output.append(f"refused: {refused.reason}")
        self._tell_roles()

    def do_nodes(self, *words: str) -> None:
        """`nodes 1 2 3 learners 4`: founders, all running. `key=value` after them: configuration."""
        config = {key: int(value) for key, value in (word.split("=") for word in words if "=" in word)}
        names = [word for word in words if "=" not in word]
        split = names.index("learners") if "learners" in names else len(names)
        voters, learners = [int(n) for n in names[:split]], [int(n) for n in names[split + 1 :]]
        for number in voters + learners:
            self.network.add(number, founding(voters, learners), **config)

    def do_fresh(self, number: str) -> None:
        """`fresh 4`: a node with an empty disk."""
        self.network.add(int(number), BLANK)

    def do_run(self, duration_ms: str) -> None:
        """`run 700`: time passes, everybody acts, messages arrive at once."""
        self.network.run(int(duration_ms))

    def do_tick(self, number: str, later_ms: str = "0") -> None:
        """`tick 1 700`: the clock goes on, and only this node looks at it."""
        self.network.now_ms += int(later_ms)
        self.network.tick(int(number))

    def do_wait(self, later_ms: str) -> None:
        """`wait 100`: the clock goes on, nobody looks at it."""
        self.network.now_ms += int(later_ms)

    def do_deliver(self, link: str = "*", count: str = "1000") -> None:
        """`deliver 1->2 1`: the oldest messages of a link arrive; `deliver`: all there are, not what they cause."""
        for position in reversed(self._under_way(link)[: int(count)]):
            self.network.sent.append(self.network.sent.pop(position))
        batch = min(len(self._under_way(link)), int(count))
        moved = self.network.sent[len(self.network.sent) - batch :] if batch else []
        del self.network.sent[len(self.network.sent) - batch :]
        for message in reversed(moved):
            self.network.sent.insert(0, message)
            self.network.deliver(0)

    def do_settle(self) -> None:
        """`settle`: messages arrive until there are none."""
        self.network.deliver_all()

    def do_drop(self, link: str = "*") -> None:
        """`drop 1->2`: what is under way there is lost."""
        lost = set(self._under_way(link))
        self.network.sent = [item for position, item in enumerate(self.network.sent) if position not in lost]

    def do_double(self, link: str) -> None:
        """`double 1->2`: what is under way there comes twice, the second time last."""
        self.network.sent += [self.network.sent[position] for position in self._under_way(link)]

    def do_later(self, link: str, count: str) -> None:
        """`later 1->2 1`: the oldest messages of a link are held up; they come after all others."""
        for _ in range(int(count)):
            self.network.sent.append(self.network.sent.pop(self._under_way(link)[0]))

    def do_messages(self, link: str = "*") -> None:
        """`messages 1->2`: show what is under way."""
        for position in self._under_way(link):
            sender, to, message = self.network.sent[position]
            self.output.append(f"{sender}->{to} {describe(message)}")

    def do_inject(self, link: str, kind: str, *words: str) -> None:
        """`inject 1->2 timeoutnow term=2`: a message as if it came from there; fields left out are 0."""
        sender, to = (int(number) for number in link.split("->"))
        given = {key: int(value) for key, value in (word.split("=") for word in words)}
        fields = [field.name for field in msgspec.structs.fields(MESSAGES[kind])]
        values = [given.get(name, () if name == "entries" else 0) for name in fields]
        self.network.receive(sender, to, MESSAGES[kind](*values))

    def do_cut(self, *links: str) -> None:
        """`cut 1->2 3-*`: messages are lost there from now on."""
        self.network.cut |= {pair for link in links for pair in pairs(link, list(self.network.nodes))}

    def do_heal(self) -> None:
        """`heal`: all links work."""
        self.network.cut.clear()

    def do_hold(self, number: str) -> None:
        """`hold 2`: what this node wants saved, sent and applied waits."""
        self.network.nodes[int(number)].held = True

    def do_release(self, number: str) -> None:
        """`release 2`: it is done."""
        self.network.nodes[int(number)].held = False
        self.network.pump(int(number))

    def do_persist(self, number: str) -> None:
        """`persist 2`: what a held node wants saved is saved, and nothing more is done."""
        ready = self.network.raft(int(number)).ready(self.network.clock(int(number)))
        assert ready is not None
        self.network.save(int(number), ready)

    def do_crash(self, number: str) -> None:
        """`crash 2`: it is gone, but for its disk."""
        self.network.crash(int(number))
        self.network.nodes[int(number)].held = False
        self._roles.pop(int(number), None)

    def do_restart(self, number: str) -> None:
        """`restart 2`: it starts from its disk."""
        self.network.start(int(number))

    def do_propose(self, number: str, text: str) -> None:
        """`propose 1 x`."""
        self.network.raft(int(number)).propose(text.encode(), self.network.clock(int(number)))
        self.network.pump(int(number))

    def do_read(self, number: str, context: str) -> None:
        """`read 1 7`: ask for an index to read at."""
        self.network.read(int(number), int(context))

    def do_change(self, number: str, kind: str, node: str) -> None:
        """`change 1 add-learner 4`."""
        change = Change(CHANGES[kind], NodeId(int(node)))
        self.network.raft(int(number)).change(change, self.network.clock(int(number)))
        self.network.pump(int(number))

    def do_transfer(self, number: str, to: str) -> None:
        """`transfer 1 2`: 1 hands over to 2."""
        self.network.raft(int(number)).transfer(NodeId(int(to)), self.network.clock(int(number)))
        self.network.pump(int(number))

    def do_compact(self, number: str) -> None:
        """`compact 1`: what was applied goes into a snapshot."""
        self.network.compact(int(number))

    def do_show(self, *numbers: str) -> None:
        """`show 1 2`: role, term, vote, commit, and the log on the disk."""
        for number in [int(n) for n in numbers] or list(self.network.nodes):
            node = self.network.nodes[number]
            disk, snapshot = node.disk, node.disk.snapshot
            log = " ".join(f"{entry.index}:{entry.term}" for entry in disk.entries)
            begin = f"{snapshot.index}:{snapshot.term}|" if snapshot else "|"
            raft = node.raft
            state = f"{raft.role.value} of {raft.leader}, commit {raft.commit}" if raft else "down"
            self.output.append(
                f"{number} term {disk.hard_state.term} vote {disk.hard_state.vote}, {state}, {begin}{log}"
            )

    def do_members(self, *numbers: str) -> None:
        """`members 1`: who belongs, as a node has applied it."""
        for number in numbers:
            membership = self.network.raft(int(number)).membership
            self.output.append(f"{number}: voters {list(membership.voters)} learners {list(membership.learners)}")

    def do_lease(self, *numbers: str) -> None:
        """`lease 2`: what is left of a node's lease, and the index it needs."""
        for number in numbers:
            raft = self.network.raft(int(number))
            left_ms = raft.lease_until_ms - self.network.clock(int(number))
            self.output.append(f"{number} {'may serve' if left_ms > 0 else 'has no lease'}, fence {raft.lease_fence}")

    def do_bounds(self, number: str) -> None:
        """`bounds 1`: how long the leader has to wait before no lease of a member is valid."""
        for node, contact in sorted(self.network.raft(int(number)).contacts().items()):
            left_ms = max(0, contact.lease_bound_ms - self.network.clock(int(number)))
            self.output.append(f"{node} match {contact.match} applied {contact.applied} bound in {left_ms} ms")

    def do_rejected(self, *numbers: str) -> None:
        """`rejected 2`: what a node did not believe, since it started."""
        for number in numbers:
            self.output.append(f"{number} {dict(sorted(self.network.raft(int(number)).rejected.items()))}")

    def _under_way(self, link: str) -> list[int]:
        wanted = pairs(link, [*self.network.nodes, *{to for _, to, _ in self.network.sent}])
        return [position for position, (sender, to, _) in enumerate(self.network.sent) if (sender, to) in wanted]

    def _tell_roles(self) -> None:
        for number, node in self.network.nodes.items():
            if node.raft is None:
                continue
            now = (node.raft.role, node.raft.term)
            before = self._roles.get(number, (Role.FOLLOWER, 0))
            self._roles[number] = now
            if now[0] is not before[0] or (now[1] != before[1] and now[0] is not Role.FOLLOWER):
                self.output.append(f"{number} is {now[0].value} in term {now[1]}")


def blocks(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Return the blocks of a file: command lines with comments, and output lines."""
    for block in text.strip("\n").split("\n\n"):
        lines = block.split("\n")
        end = lines.index("----") if "----" in lines else len(lines)
        yield lines[:end], lines[end + 1 :]


def play(path: Path) -> tuple[str, str]:
    """Run a file; returns what it says and what it should say."""
    written = path.read_text(encoding="utf-8")
    interpreter, pieces = Interpreter(), []
    for commands, _ in blocks(written):
        for line in commands:
            if line.strip() and not line.startswith("#"):
                interpreter.execute(line)
        only_comments = all(line.startswith("#") for line in commands)
        pieces.append("\n".join(commands if only_comments else [*commands, "----", *interpreter.output]))
        interpreter.output.clear()
    played = "\n\n".join(pieces) + "\n"
    if os.environ.get("RAFT_SCENARIOS") == "write":
        path.write_text(played, encoding="utf-8")
    return played, path.read_text(encoding="utf-8")
