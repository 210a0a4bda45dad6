"""`manage.py cluster` asks a node and shows what it answers; what keeps it from that comes with the way out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.cluster.operating import AskFailed
from apps.cluster.runtime.errors import ClusterUnavailable, MemberUnknown
from tests.imsite.operating.status import status

RANGES = [{"first": 0, "last": 16383, "owner": "alpha", "previous": "", "epoch": 2}]


class Node:
    """Stands for the node at the other end of the link."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], tuple[str, int] | None]] = []
        self.refusal: Exception | None = None

    def ask(self, _options: Any, verb: str, arguments: dict[str, Any], *, address: tuple[str, int] | None) -> Any:
        self.asked.append((verb, dict(arguments), address))
        if self.refusal is not None:
            raise self.refusal
        return {"status": status(), "slots": RANGES}.get(verb)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    node = Node()
    monkeypatch.setattr("imsite.management.commands.cluster.ask", node.ask)
    return node


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("cluster", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(("verb", "words"), [("status", "Leader"), ("members", "REMARKS"), ("slots", "0-16383")])
def test_people_get_tables(node: Node, verb: str, words: str) -> None:
    text = said(verb)

    assert words in text
    assert "alpha" in text
    assert [(asked[1], asked[2]) for asked in node.asked] == [({}, None)]


def test_without_a_node_alone_one_of_a_cluster_to_look_at_is_asked(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    alone, second = tmp_path / "cluster", tmp_path / "cluster-of-3" / "node-2"
    for folder in (alone, second.with_name("node-1"), second):
        folder.mkdir(parents=True)
    live: set[Path] = {second}
    asked: list[Path] = []
    settings.IM_CLUSTER = {**settings.IM_CLUSTER, "folder": alone}

    def ask(options: dict[str, Any], *_: object, **__: object) -> Any:
        asked.append(options["folder"])
        return status()

    monkeypatch.setattr("imsite.management.commands.cluster.runs", live.__contains__)
    monkeypatch.setattr("imsite.management.commands.cluster.ask", ask)

    said("status")
    live.add(alone)
    said("status")
    live.clear()
    said("status")

    assert asked == [second, alone, alone]


@pytest.mark.parametrize(
    ("verb", "expected"), [("status", status()), ("members", status()["members"]), ("slots", RANGES)]
)
def test_scripts_get_json(node: Node, verb: str, expected: Any) -> None:
    assert json.loads(said(verb, "--json")) == expected


@pytest.mark.parametrize(
    ("arguments", "asked", "words"),
    [
        (["drain", "beta"], ("drain", {"node": "beta", "undo": False}), "beta gives up its slots;"),
        (["drain", "beta", "--undo"], ("drain", {"node": "beta", "undo": True}), "beta gets slots again"),
        (["remove", "beta"], ("remove", {"node": "beta", "undo": False}), "leaves for good"),
        (["transfer", "beta"], ("transfer", {"node": "beta", "undo": False}), "beta leads"),
    ],
)
def test_a_change_is_asked_for_once_and_confirmed(
    node: Node, arguments: list[str], asked: tuple[str, dict[str, Any]], words: str
) -> None:
    text = said(*arguments)

    assert words in text
    assert node.asked == [(*asked, None)]
    assert json.loads(said(*arguments, "--json")) == {"done": True}


def test_another_node_can_be_asked(node: Node) -> None:
    said("status", "--node", "10.0.0.7:8002")

    assert node.asked[0][2] == ("10.0.0.7", 8002)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["drain"], "say which node"),
        (["remove"], "say which node"),
        (["status", "beta"], "takes no name"),
        (["remove", "beta", "--undo"], "only drain"),
        (["status", "--node", "nowhere"], "HOST:PORT"),
        (["explode"], "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(node: Node, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        said(*arguments)

    assert node.asked == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("not_running", "--node HOST:PORT"),
        ("unreachable", "does it run"),
        ("timeout", "try again"),
        ("refused", "IM_CLUSTER_KEYS"),
        ("garbled", "does not understand"),
        ("internal", "the node failed"),
    ],
)
def test_a_node_that_does_not_answer_comes_with_the_way_out(node: Node, reason: str, words: str) -> None:
    node.refusal = AskFailed(reason, "what happened")

    with pytest.raises(CommandError, match=rf"{words}.*\(what happened\)"):
        said("status")


def test_a_refusal_is_told_in_the_terminals_language(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.refusal = MemberUnknown(node="delta")
    with pytest.raises(CommandError, match="No member of the cluster is called delta"):
        said("drain", "delta")

    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    node.refusal = ClusterUnavailable(reason="no_leader")
    with pytest.raises(CommandError, match=r"集群.*没有主节点"):
        said("drain", "delta")


def test_keys_that_cannot_be_used_are_named(settings: Any) -> None:
    settings.IM_CLUSTER = {**settings.IM_CLUSTER, "keys": ("short",)}

    with pytest.raises(CommandError, match="needs 16 or more"):
        said("status")
