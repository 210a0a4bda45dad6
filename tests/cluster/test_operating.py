"""Another process asks a live node through the operators' door, and is refused with the errors of the node itself."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from apps.cluster.operating import AskFailed, KeysRefused, ask, runs
from apps.cluster.runtime.asking import AdminReply
from apps.cluster.runtime.errors import ClusterUnavailable, MemberUnknown
from apps.cluster.services import Cluster
from tests.cluster.live import running

KEYS = ("the key of the tests",)


def options(folder: Path, name: str = "n0", keys: tuple[str, ...] = KEYS) -> dict[str, Any]:
    """The part of IM_CLUSTER that says whom to ask."""
    return {"folder": folder / name, "keys": keys}


async def asked(*args: Any, **named: Any) -> Any:
    return await asyncio.to_thread(ask, *args, **named)


async def test_the_node_of_a_folder_is_found_and_answers(tmp_path: Path) -> None:
    async with running(tmp_path, 1):
        found = runs(tmp_path / "n0"), runs(tmp_path / "n1")
        status = await asked(options(tmp_path), "status", {})
        slots = await asked(options(tmp_path), "slots", {})

    assert found == (True, False)
    assert (status["name"], status["leader"], len(status["members"])) == ("n0", "n0", 1)
    assert [(part["first"], part["last"], part["owner"]) for part in slots] == [(0, 16_383, "n0")]


async def test_a_follower_sends_a_question_on_to_the_leader(tmp_path: Path) -> None:
    async with running(tmp_path, 3) as nodes:
        follower = next(node for node in nodes if not leads(node))

        await asked(options(tmp_path), "transfer", {"node": follower.name}, address=nodes[1].address)

        assert leads(follower)


async def test_a_refusal_is_the_error_the_node_had(tmp_path: Path) -> None:
    async with running(tmp_path, 1) as nodes:
        with pytest.raises(MemberUnknown) as refused:
            await asked(options(tmp_path), "drain", {"node": "nobody"}, address=nodes[0].address)

    assert refused.value.fields == {"node": "nobody"}


async def test_another_key_is_not_trusted(tmp_path: Path) -> None:
    async with running(tmp_path, 1):
        with pytest.raises(AskFailed) as failed:
            await asked(options(tmp_path, keys=("quite another key",)), "status", {})

    assert failed.value.reason == "refused"


def test_a_folder_without_a_live_node_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(AskFailed) as failed:
        ask(options(tmp_path), "status", {})

    assert failed.value.reason == "not_running"


def test_a_key_that_is_too_short_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    with pytest.raises(KeysRefused):
        ask(options(tmp_path, keys=("short",)), "status", {})


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (AdminReply("not_leader", "", fields={"leader": ""}), ClusterUnavailable),
        (AdminReply("cluster_unavailable", "", fields={"reason": "busy"}), ClusterUnavailable),
        (AdminReply("internal", "its log says why"), AskFailed),
    ],
)
def test_every_refusal_becomes_an_error(monkeypatch: pytest.MonkeyPatch, reply: AdminReply, error: type) -> None:
    monkeypatch.setattr("apps.cluster.operating.ask_node", lambda *_: reply)

    with pytest.raises(error):
        ask({"keys": KEYS}, "status", {}, address=("127.0.0.1", 1))


def leads(node: Cluster) -> bool:
    return node.view is not None and node.view.leader == node.node
