"""Scenarios as text: a command, `----`, what it prints, an empty line. Nodes are letters; incarnations `boot.steps`.

`python -m tests.cluster.core.gossip.scenario FILE…` writes what the commands print now into the files, to be read.
"""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from apps.cluster.core.gossip import (
    Address,
    Alive,
    Dead,
    Gossip,
    GossipConfig,
    Left,
    Meta,
    Peer,
    Rumours,
    Suspect,
    Update,
)
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.simulation import BOOT, PORT, Network, Sighting, converged

LATENCY_MS = (2, 2)
SEED = 11


class ScenarioError(Exception):
    """A line of a scenario makes no sense."""


def number(name: str) -> NodeId:
    """Return the node a letter stands for."""
    if len(name) != 1 or not name.isalpha():
        raise ScenarioError(f"{name!r} is not the letter of a node")
    return NodeId(ord(name) - ord("a") + 1)


def letter(node: int) -> str:
    """Return the letter of a node."""
    return chr(ord("a") + node - 1)


def duration_ms(text: str) -> int:
    """Read `5s` or `300ms`."""
    return int(text[:-2]) if text.endswith("ms") else int(text[:-1]) * 1000


def incarnation(text: str) -> int:
    """Read `boot.steps`."""
    boot, steps = text.split(".")
    return int(boot) * BOOT + int(steps)


def options(words: list[str]) -> dict[str, str]:
    """Read `key=value` words."""
    return dict(word.split("=", 1) for word in words)


def meta_of(node: int, words: list[str]) -> Meta:
    """Return a node's meta with what the words change."""
    given = options(words)
    return Meta(given.get("name", f"n{node}"), given.get("cluster", ""), load=int(given.get("load", "0")))


def update_of(words: list[str]) -> Update:
    """Read a piece of news: `alive c 2.0 at h9 cluster=x`, `suspect c 1.0 by b`, `dead c 1.0 by b`, `left c 1.0`."""
    kind, name, said, *rest = words
    node, step = number(name), incarnation(said)
    match kind:
        case "alive":
            host = rest[1] if rest[:1] == ["at"] else f"h{node}"
            return Alive(node, (host, PORT), step, meta_of(node, [word for word in rest if "=" in word]))
        case "suspect":
            return Suspect(node, step, number(rest[1]))
        case "dead":
            return Dead(node, step, number(rest[1]))
        case "left":
            return Left(node, step)
    raise ScenarioError(f"no news of kind {kind!r}")


def peer_line(peer: Peer) -> str:
    """Write what is believed of a peer."""
    boot, steps = divmod(peer.incarnation, BOOT)
    line = f"{letter(peer.node)} {peer.status} {boot}.{steps}"
    line += "" if peer.address[0] == f"h{peer.node}" else f" at {peer.address[0]}"
    line += f" cluster={peer.meta.cluster}" if peer.meta.cluster else ""
    return line + (f" load={peer.meta.load}" if peer.meta.load else "")


class Scenario:
    """Carries out commands on a network."""

    def __init__(self) -> None:
        self._network = Network(SEED, latency_ms=LATENCY_MS)

    def carry_out(self, line: str) -> list[str]:
        """Do one command; returns what it prints."""
        verb, *words = shlex.split(line)
        command: Callable[[list[str]], list[str] | None] | None = getattr(self, f"_do_{verb}", None)
        if command is None:
            raise ScenarioError(f"no command {verb!r}")
        return command(words) or ["ok"]

    def _do_nodes(self, words: list[str]) -> None:
        """Start over with so many nodes that know each other, and perhaps other knobs."""
        knobs = {key: int(value) for key, value in options(words[1:]).items()}
        self._network = converged(int(words[0]), SEED, GossipConfig(**knobs), LATENCY_MS)

    def _do_add(self, words: list[str]) -> None:
        name, *rest = words
        node = number(name)
        self._network.add(node, meta_of(node, rest[1:]), self._seeds(rest[:1]))

    def _do_boot(self, words: list[str]) -> None:
        """`boot c via=a at=h9`: start the process again."""
        given = options(words[1:])
        at: Address | None = (given["at"], PORT) if "at" in given else None
        self._network.boot(number(words[0]), None, self._seeds([given["via"]] if "via" in given else []), at)

    def _seeds(self, names: list[str]) -> list[Address]:
        return [self._network.hosts[number(name)].address for name in names if name != "nobody"]

    def _do_crash(self, words: list[str]) -> None:
        self._network.crash(*map(number, words))

    def _do_stop(self, words: list[str]) -> None:
        self._network.stop(number(words[0]), duration_ms(words[1]))

    def _do_leave(self, words: list[str]) -> None:
        self._network.do(number(words[0]), Gossip.leave)

    def _do_meta(self, words: list[str]) -> None:
        node = number(words[0])
        self._network.do(node, lambda gossip, now_ms: gossip.update(meta_of(node, words[1:]), now_ms))

    def _do_join(self, words: list[str]) -> None:
        seeds = self._seeds(words[1:])
        self._network.do(number(words[0]), lambda gossip, now_ms: gossip.join(seeds, now_ms))

    def _do_cut(self, words: list[str]) -> None:
        """`cut a>c b>c`: nothing gets through in that direction."""
        for word in words:
            self._network.cut(number(word[0]), number(word[2]))

    def _do_split(self, words: list[str]) -> None:
        self._network.split(*([number(name) for name in island] for island in words))

    def _do_loss(self, words: list[str]) -> None:
        self._network.loss = int(words[0].rstrip("%")) / 100

    def _do_heal(self, words: list[str]) -> None:
        self._network.heal()

    def _do_run(self, words: list[str]) -> list[str]:
        """Let time pass; prints who came to believe what of whom, and when; with `counting` also what was sent."""
        network = self._network
        start_ms, seen = network.now_ms, len(network.sightings)
        network.traffic.kinds.clear()
        network.counts_bytes = True
        network.run(duration_ms(words[0]))
        lines = self._sighted(network.sightings[seen:], start_ms)
        if "counting" in words:
            lines += [f"{kind}: {count}" for kind, count in sorted(network.traffic.kinds.items())]
        return lines or ["nothing"]

    def _sighted(self, sightings: list[Sighting], start_ms: int) -> list[str]:
        lines: dict[str, list[str]] = {}
        for sighting in sightings:
            when = f"{letter(sighting.observer)} {sighting.at_ms - start_ms}"
            lines.setdefault(peer_line(sighting.peer), []).append(when)
        return [f"{what}: {', '.join(whens)}" for what, whens in lines.items()]

    def _do_tell(self, words: list[str]) -> list[str]:
        """`tell a from=b suspect c 1.0 by b`: one message with one piece of news; prints what is believed then."""
        node, sender = number(words[0]), number(options(words[1:2])["from"])
        news = update_of(words[2:])
        origin = self._network.hosts[sender].address
        self._network.do(node, lambda gossip, now_ms: gossip.receive(sender, origin, Rumours((news,)), now_ms))
        known = self._network.gossip(node).peers.get(news.node)
        return [peer_line(known) if known else f"{letter(news.node)} is not known"]

    def _do_show(self, words: list[str]) -> list[str]:
        peers = self._network.gossip(number(words[0])).peers
        return [peer_line(peers[node]) for node in sorted(peers)]

    def _do_health(self, words: list[str]) -> list[str]:
        return [f"{name}: {self._network.gossip(number(name)).health}" for name in words]

    def _do_rejected(self, words: list[str]) -> list[str]:
        gossip = self._network.gossip(number(words[0]))
        lines = [f"{reason}: {count}" for reason, count in sorted(gossip.rejected.items())]
        conflict = [] if gossip.conflict is None else [f"conflict with {gossip.conflict[0]}"]
        return lines + conflict or ["nothing"]


def replay(text: str) -> str:
    """Carry out a scenario; returns its text with what the commands print now."""
    scenario, blocks = Scenario(), []
    for block in text.strip().split("\n\n"):
        lines = block.splitlines()
        remarks = [line for line in lines if line.startswith("#")]
        asked = lines[: lines.index("----")] if "----" in lines else []
        commands = [line for line in asked if not line.startswith("#")]
        printed = [line for command in commands for line in scenario.carry_out(command)]
        blocks.append("\n".join([*remarks, *commands, *(["----", *printed] if commands else [])]))
    return "\n\n".join(blocks) + "\n"


def main(paths: list[str]) -> None:
    """Write what the commands print now into the files."""
    for path in map(Path, paths):
        path.write_text(replay(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
