"""Gossip against the size of the cluster, in virtual time: detection, false alarms, spreading of news, traffic.

Real nodes (`apps.cluster.core.gossip`) with ids, names and metas of usual length; a virtual network with 1 to 5 ms of
latency. Same seed, same figures: nothing here depends on the machine. Bytes include IP, UDP and the seal.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from apps.cluster.core.gossip import Alive, GossipConfig, Meta, Status
from apps.cluster.core.ids import NodeId
from tests.cluster.core.gossip.simulation import BOOT, PORT, Network, Traffic, acquainted, times_ms

RESULTS = Path(__file__).parent / "results" / "gossip.json"
SIZES = (10, 30, 100, 300, 1_000)
LOSSES = (0.01, 0.05, 0.2)
SLOW_MS = 2_000
"""Everything a slow node does comes up to this late: four times the time a probe's direct answer may take."""
SLOW_PART = 10
"""One node in so many is slow."""
ALARM_NODE_MS = 18_000_000
"""Five node-hours, over which false alarms are counted, but a minute at least."""
IDLE_MS, DETECT_MS, SPREAD_MS = 60_000, 40_000, 5_000


def identify(number: int) -> int:
    """Return an id of usual length."""
    return (number * 0x9E3779B97F4A7C15) % ((1 << 63) - 1) or 1


def cluster(size: int, seed: int) -> tuple[Network, list[int]]:
    """Return nodes that know each other, and their ids."""
    nodes = [identify(number) for number in range(1, size + 1)]
    people = [
        Alive(NodeId(node), (f"10.0.{number >> 8}.{number & 255}", PORT), BOOT, describe(number))
        for number, node in enumerate(nodes)
    ]
    network = acquainted(people, Network(seed, GossipConfig()))
    network.counts_bytes = True
    return network, nodes


def describe(number: int, load: int = 0) -> Meta:
    """Return what a usual node says of itself."""
    url = f"wss://node-{number}.im.example.com/ws"
    return Meta(f"node-{number}", "3f9c2d5e8a1b4c70", 1, 8003, url, 100, 3, True, load)


def measure_size(size: int, samples: int, seed: int) -> dict[str, Any]:
    """Measure everything for one size of cluster."""
    network, nodes = cluster(size, seed)
    row: dict[str, Any] = {"nodes": size, **idle(network)}
    row["spread_ms"] = spread(network, nodes, samples)
    row["detection_ms"] = detection(network, nodes, samples)
    row["false_alarms"] = [false_alarms(size, seed, loss, streams=streams) for streams in (1, 0) for loss in LOSSES]
    row["slow"] = slow(size, seed)
    return row


def idle(network: Network) -> dict[str, Any]:
    """What a node sends while nothing happens."""
    network.traffic = Traffic()
    network.run(IDLE_MS)
    traffic, node_seconds = network.traffic, len(network.hosts) * IDLE_MS / 1_000
    return {
        "bytes_per_node_s": round(traffic.size_bytes / node_seconds, 1),
        "packets_per_node_s": round(traffic.datagrams / node_seconds, 2),
        "streams_per_node_s": round(traffic.streams / node_seconds, 3),
    }


def spread(network: Network, nodes: list[int], samples: int) -> dict[str, Any]:
    """How long a change of what a node says takes to be known, and what it costs."""
    medians, lasts = [], []
    network.traffic = Traffic()
    for number in range(samples):
        since_ms, meta = network.now_ms, describe(number, load=7)
        network.do(nodes[number], lambda gossip, now_ms, meta=meta: gossip.update(meta, now_ms))  # type: ignore[misc]
        network.run(SPREAD_MS)
        known_ms = times_ms(network, nodes[number], Status.ALIVE, since_ms).values()
        assert len(known_ms) == len(nodes) - 1, "everybody hears of it"
        medians.append(statistics.median(known_ms))
        lasts.append(max(known_ms))
    rate = network.traffic.size_bytes / len(nodes) / (samples * SPREAD_MS / 1_000)
    return {
        "median": statistics.median(medians),
        "last": statistics.median(lasts),
        "worst": max(lasts),
        "bytes_per_node_s_at_one_in_5_s": round(rate, 1),
    }


def detection(network: Network, nodes: list[int], samples: int) -> dict[str, Any]:
    """How long a crashed node is not known to be dead: to the first, to half, to all. Its process stays away."""
    figures: dict[str, list[float]] = {"suspected": [], "first": [], "median": [], "last": []}
    for number in range(samples):
        since_ms, victim = network.now_ms, nodes[-1 - number]
        network.crash(victim)
        network.run(DETECT_MS)
        suspected = times_ms(network, victim, Status.SUSPECT, since_ms)
        dead = times_ms(network, victim, Status.DEAD, since_ms)
        assert len(dead) == len(nodes) - 1 - number, "everybody knows"
        figures["suspected"].append(min(suspected.values()))
        figures["first"].append(min(dead.values()))
        figures["median"].append(statistics.median(dead.values()))
        figures["last"].append(max(dead.values()))
    medians: dict[str, Any] = {key: statistics.median(values) for key, values in figures.items()}
    return {**medians, "worst": max(figures["last"])}


def false_alarms(size: int, seed: int, loss: float, *, streams: int) -> dict[str, Any]:
    """How often healthy nodes are suspected and taken for dead while datagrams get lost, with and without streams."""
    network, _ = cluster(size, seed)
    network.counts_bytes = False
    network.loss, network.stream_loss = loss, 0.0 if streams else 1.0
    return {"loss": loss, "streams": bool(streams), **alarms(network, size)}


def slow(size: int, seed: int) -> dict[str, Any]:
    """The same where one node in ten is slow, separately for the nodes that are not."""
    network, nodes = cluster(size, seed)
    network.counts_bytes = False
    lame = {NodeId(node) for node in nodes[: max(1, size // SLOW_PART)]}
    for node in lame:
        network.hosts[node].sluggish_ms = SLOW_MS
    counted = alarms(network, size)
    dead = {(s.peer.node, s.peer.incarnation) for s in network.sightings if s.peer.status is Status.DEAD}
    healthy_dead = sum(node not in lame for node, _ in dead)
    health = statistics.median(network.gossip(node).health for node in lame)
    return {"slow_nodes": len(lame), "their_health": health, **counted, "healthy_dead": healthy_dead}


def alarms(network: Network, size: int) -> dict[str, Any]:
    """Count suspicions and deaths, each once however many believe it, per node and hour."""
    duration_ms = max(60_000, ALARM_NODE_MS // size)
    network.run(duration_ms)
    hours = size * duration_ms / 3_600_000
    told = {
        status: {(s.peer.node, s.peer.incarnation) for s in network.sightings if s.peer.status is status}
        for status in (Status.SUSPECT, Status.DEAD)
    }
    return {
        "node_hours": round(hours, 1),
        "suspected_per_node_hour": round(len(told[Status.SUSPECT]) / hours, 2),
        "dead": len(told[Status.DEAD]),
        "dead_per_node_hour": round(len(told[Status.DEAD]) / hours, 3),
    }


def print_table(result: dict[str, Any]) -> None:
    """Print what was measured."""
    print("nodes  bytes/s packets/s | suspected   dead: first  median    last | change: median  last  (ms)")
    for row in result["rows"]:
        found, news = row["detection_ms"], row["spread_ms"]
        print(
            f"{row['nodes']:>5}{row['bytes_per_node_s']:>9}{row['packets_per_node_s']:>10} |{found['suspected']:>10.0f}"
            f"{found['first']:>14.0f}{found['median']:>8.0f}{found['last']:>8.0f} |"
            f"{news['median']:>15.0f}{news['last']:>6.0f}"
        )
    print("\nfalse alarms: suspected / dead, per node and hour")
    print("nodes  " + "".join(f"{heading(a):>22}" for a in result["rows"][0]["false_alarms"]) + f"{'a tenth slow':>22}")
    for row in result["rows"]:
        counted = [*row["false_alarms"], row["slow"]]
        cells = [f"{a['suspected_per_node_hour']} / {a['dead_per_node_hour']}" for a in counted]
        print(f"{row['nodes']:>5}  " + "".join(f"{cell:>22}" for cell in cells))


def heading(alarm: dict[str, Any]) -> str:
    """Name a column."""
    return f"{alarm['loss']:.0%} lost{'' if alarm['streams'] else ', no streams'}"


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--samples", type=int, default=5, help="crashes and changes per size; medians are reported")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, not as a table")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    rows = [measure_size(size, arguments.samples, arguments.seed) for size in arguments.sizes]
    result = {"benchmark": "gossip", "seed": arguments.seed, "samples": arguments.samples, "rows": rows}
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        print_table(result)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
