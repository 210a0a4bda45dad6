"""The state of a node and its cluster as metrics, from the plain values that a node reports. Times are in seconds.

The number of values is bounded, because members and counters are. Not here: how they are told, and who may know.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from apps.cluster.services import Cluster
from apps.metrics import Family, Kind

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


def cluster_families(status: Facts | None) -> list[Family]:
    """Return every figure of a status; only that there is no node of a cluster for None."""
    if status is None:
        return [_is_node(0)]
    families = [*_of_node(status), *_of_members(status), *_of_delays(status), *_of_counters(status)]
    return [family for family in families if family.samples]


def glance(cluster: Cluster | None) -> list[Family]:
    """Return what the live page shows of the cluster: what this node knows anyway, so that nothing is waited for."""
    view = cluster.view if cluster is not None else None
    if cluster is None or view is None:
        return []
    alive = sum(status.value == "alive" for status in view.statuses.values())
    return [
        _family("cluster_nodes_alive", "Members that gossip sees alive.", [({}, alive)]),
        _family("cluster_slots_owned", "Slots of this node.", [({}, view.table.count_of(cluster.node))]),
    ]


def silent_node() -> list[Family]:
    """Return what is known of a node whose control plane does not answer."""
    return [_is_node(1), _answers(0)]


def _is_node(value: int) -> Family:
    return _family("imsite_cluster_node", "Whether this process is a node of a cluster.", [({}, value)])


def _answers(value: int) -> Family:
    return _family("imsite_cluster_answers", "Whether the control plane of this node answers.", [({}, value)])


def _of_node(status: Facts) -> Iterator[Family]:
    labels = {key: str(status.get(key, "")) for key in ("name", "node", "cluster")}
    yield _is_node(1)
    yield _answers(1)
    yield _family("imsite_cluster_node_info", "Names of this node and its cluster.", [(labels, 1)])
    leads = bool(status["leader"]) and status["leader"] == status["name"]
    yield _family("imsite_cluster_has_leader", "Whether this node knows a leader.", [({}, bool(status["leader"]))])
    yield _family("imsite_cluster_leads", "Whether this node is the leader.", [({}, leads)])
    yield _family("imsite_cluster_serving", "Whether this node may serve its slots.", [({}, status["serving"])])
    for key, text in _FIGURES.items():
        yield _family(f"imsite_cluster_{key}", text, [({}, status.get(key))])
    links = [({"side": side}, count) for side, count in sorted(status.get("links", {}).items())]
    yield _family("imsite_cluster_links", "Open control links to other nodes.", links)


def _of_members(status: Facts) -> Iterator[Family]:
    members = status["members"]
    alive = [({**_labels(member), "status": str(member["status"])}, 1) for member in members]
    yield _family("imsite_cluster_member_status", "How gossip sees each member.", alive)
    votes = [(_labels(member), member["role"] == "voter") for member in members]
    yield _family("imsite_cluster_member_voter", "Whether a member has a vote.", votes)
    for key, text in {
        "slots": "Slots a member owns.",
        "load": "How much a member says it has to do.",
        "draining": "Whether a member is being emptied.",
        "applied": "Last entry a member has in force; known to the leader only.",
    }.items():
        yield _family(f"imsite_cluster_member_{key}", text, [(_labels(member), member.get(key)) for member in members])


def _of_delays(status: Facts) -> Iterator[Family]:
    for name, key, text in (
        ("tick_late", "tick_lag_ms", "How late the control plane woke up."),
        ("persist", "persist_ms", "How long the disk took to keep entries of the log."),
    ):
        figures = status.get(key, {})
        samples = [({"over": over}, _seconds(figures.get(over))) for over in ("average", "lately_max", "max")]
        yield _family(f"imsite_cluster_{name}_seconds", text, samples)


def _of_counters(status: Facts) -> Iterator[Family]:
    samples = [({"event": name}, count) for name, count in sorted(status.get("counters", {}).items())]
    yield _family("imsite_cluster_events_total", "What has happened since the start.", samples, Kind.COUNTER)


def _family(name: str, text: str, samples: Iterable[Sample], kind: Kind = Kind.GAUGE) -> Family:
    """Return a metric with the samples that are known; all have the same labels."""
    known = [(labels, float(value)) for labels, value in samples if value is not None]
    names = tuple(known[0][0]) if known else ()
    return Family(name, text, kind, names, {tuple(labels.values()): value for labels, value in known})


def _labels(member: Facts) -> dict[str, str]:
    return {"member": str(member["name"]), "node": str(member["node"])}


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1_000, 6)
