"""What nodes report of themselves, for those who show it."""

from typing import Any

Facts = dict[str, Any]


def member(name: str, number: int, **other: Any) -> Facts:
    return {
        "name": name,
        "node": f"{number:016x}",
        "role": "voter",
        "status": "alive",
        "address": f"10.0.0.{number}:8002",
        "data_port": 8003,
        "public_url": "",
        "slots": 5461,
        "weight": 100,
        "draining": False,
        "retiring": False,
        "version": 1,
        "load": 12,
        "applied": 40,
        "silent_ms": 20,
        "roles": ["ws", "http", "jobs"],
        "may_vote": True,
        **other,
    }


def status(**other: Any) -> Facts:
    """What the leader of three nodes says."""
    return {
        "name": "alpha",
        "node": f"{1:016x}",
        "boot": 3,
        "cluster": "c1",
        "address": "10.0.0.1:8002",
        "leader": "alpha",
        "role": "leader",
        "term": 5,
        "index": 42,
        "version": 1,
        "epoch": 17,
        "serving": True,
        "members": [
            member("alpha", 1),
            member("北京", 2, draining=True),
            member("gamma", 3, role="learner", status="dead", slots=0, retiring=True, applied=None),
        ],
        "unassigned_slots": 1,
        "leases": 7,
        "health": 0,
        "tick_lag_ms": {"count": 9, "average": 0.25, "max": 80.0, "lately_max": 3.5},
        "persist_ms": {"count": 9, "average": 1.5, "max": 9.0, "lately_max": 4.0},
        "links": {"dialled": 2, "accepted": 1},
        "counters": {"udp_rejected_key": 4, "sent": 1000},
        **other,
    }


def unformed() -> Facts:
    """What a node without a cluster says of one that it sees, in the fewer words it has."""
    stranger = {
        "name": "beta",
        "node": f"{2:016x}",
        "role": "",
        "status": "suspect",
        "address": "10.0.0.2:8002",
        "slots": 0,
        "draining": False,
        "applied": None,
        "version": 1,
    }
    return status(
        cluster="",
        leader="",
        role="unformed",
        term=0,
        index=0,
        serving=False,
        members=[stranger],
        unassigned_slots=None,
    )
