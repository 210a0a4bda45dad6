"""The state of a node and its cluster in the text format of Prometheus (version 0.0.4), which most monitoring reads.

Takes the plain values that a node reports. Times are seconds there. The number of lines is bounded, because members
and counters are. Not here: who may read it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Facts = dict[str, Any]
Sample = tuple[dict[str, str], float | None]

_FIGURES: Final = {
    "term": "Term of the replicated log.",
    "index": "Last entry of the replicated log that this node has applied.",
    "epoch": "Entry of the log that last changed the slot table.",
    "version": "Version of commands the whole cluster understands.",
    "unassigned_slots": "Slots that nobody owns.",
    "leases": "Job leases that are held.",
    "health": "Gossip's doubt in this node itself; 0 is healthy.",
}


def exposition(status: Facts | None) -> str:
    """Return every figure of a status; only that there is no node of a cluster for None."""
    lines = _family("imsite_cluster_node", "Whether this process is a node of a cluster.", [({}, status is not None)])
    if status is not None:
        lines = [*lines, *_of_node(status), *_of_members(status), *_of_delays(status), *_of_counters(status)]
    return "".join(f"{line}\n" for line in lines)


def _of_node(status: Facts) -> Iterator[str]:
    labels = {key: str(status.get(key, "")) for key in ("name", "node", "cluster")}
    yield from _family("imsite_cluster_node_info", "Names of this node and its cluster.", [(labels, 1)])
    leads = bool(status["leader"]) and status["leader"] == status["name"]
    yield from _family("imsite_cluster_has_leader", "Whether this node knows a leader.", [({}, bool(status["leader"]))])
    yield from _family("imsite_cluster_leads", "Whether this node is the leader.", [({}, leads)])
    yield from _family("imsite_cluster_serving", "Whether this node may serve its slots.", [({}, status["serving"])])
    for key, text in _FIGURES.items():
        yield from _family(f"imsite_cluster_{key}", text, [({}, status.get(key))])
    links = [({"side": side}, count) for side, count in sorted(status.get("links", {}).items())]
    yield from _family("imsite_cluster_links", "Open control links to other nodes.", links)


def _of_members(status: Facts) -> Iterator[str]:
    members = status["members"]
    alive = [({**_labels(member), "status": member["status"]}, 1) for member in members]
    yield from _family("imsite_cluster_member_status", "How gossip sees each member.", alive)
    votes = [(_labels(member), member["role"] == "voter") for member in members]
    yield from _family("imsite_cluster_member_voter", "Whether a member has a vote.", votes)
    for key, text in {
        "slots": "Slots a member owns.",
        "load": "How much a member says it has to do.",
        "draining": "Whether a member is being emptied.",
        "applied": "Last entry a member has in force; known to the leader only.",
    }.items():
        samples = [(_labels(member), member.get(key)) for member in members]
        yield from _family(f"imsite_cluster_member_{key}", text, samples)


def _of_delays(status: Facts) -> Iterator[str]:
    for name, key, text in (
        ("tick_late", "tick_lag_ms", "How late the control plane woke up."),
        ("persist", "persist_ms", "How long the disk took to keep entries of the log."),
    ):
        figures = status.get(key, {})
        samples = [({"over": over}, _seconds(figures.get(over))) for over in ("average", "lately_max", "max")]
        yield from _family(f"imsite_cluster_{name}_seconds", text, samples)


def _of_counters(status: Facts) -> Iterator[str]:
    samples = [({"event": name}, count) for name, count in sorted(status.get("counters", {}).items())]
    yield from _family("imsite_cluster_events_total", "What has happened since the start.", samples, kind="counter")


def _family(name: str, text: str, samples: Iterable[Sample], *, kind: str = "gauge") -> list[str]:
    """Return the lines of one metric; none if no sample is known."""
    lines = [f"{name}{_braced(labels)} {_number(value)}" for labels, value in samples if value is not None]
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}", *lines] if lines else []


def _labels(member: Facts) -> dict[str, str]:
    return {"member": member["name"], "node": member["node"]}


def _braced(labels: dict[str, str]) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1_000, 6)
