"""What operators may ask, and what they are told when it goes wrong."""

from typing import Any

import msgspec
import pytest

from apps.cluster.runtime import admin
from apps.cluster.runtime.admin import VERBS, answer
from apps.cluster.runtime.asking import AdminReply, AdminRequest
from apps.cluster.runtime.errors import MemberUnknown, NotLeader
from apps.metrics import History, Registry, Track


class Asked:
    """Notes what is asked, and fails when it is told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.calls: list[tuple[Any, ...]] = []

    def leader_address(self) -> tuple[str, int] | None:
        return ("192.0.2.1", 8002)

    async def status(self) -> dict[str, Any]:
        self.note("status")
        return {"name": "n1"}

    async def slots(self) -> list[dict[str, Any]]:
        self.note("slots")
        return [{"first": 0}]

    async def drain(self, node: str, *, undo: bool = False) -> None:
        self.note("drain", node, undo)

    async def remove(self, node: str) -> None:
        self.note("remove", node)

    async def lead(self, node: str) -> None:
        self.note("transfer", node)

    def note(self, *call: Any) -> None:
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure


async def ask(asked: Asked, request: Any) -> AdminReply:
    return msgspec.msgpack.decode(await answer(asked, msgspec.msgpack.encode(request)), type=AdminReply)


@pytest.mark.parametrize(
    ("request_", "call", "result"),
    [
        (AdminRequest("status"), ("status",), {"name": "n1"}),
        (AdminRequest("slots"), ("slots",), [{"first": 0}]),
        (AdminRequest("drain", {"node": "n1"}), ("drain", "n1", False), None),
        (AdminRequest("drain", {"node": "n1", "undo": True}), ("drain", "n1", True), None),
        (AdminRequest("remove", {"node": "n1"}), ("remove", "n1"), None),
        (AdminRequest("transfer", {"node": "n1"}), ("transfer", "n1"), None),
        (AdminRequest("remove"), ("remove", ""), None),
    ],
)
async def test_each_verb_does_what_it_says(request_: AdminRequest, call: tuple[Any, ...], result: Any) -> None:
    asked = Asked()

    assert await ask(asked, request_) == AdminReply(result=result)
    assert asked.calls == [call]


async def test_a_node_tells_its_last_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    history, registry = History(), Registry()
    history.follow([Track("open", "im_open", "value")])
    registry.gauge("im_open", "Open.").set(7)
    for now_ms in (1_000, 2_000):
        history.record(registry.snapshot(), now_ms)
    monkeypatch.setattr(admin, "HISTORY", history)

    whole = await ask(Asked(), AdminRequest("figures"))
    rest = await ask(Asked(), AdminRequest("figures", {"since_ms": 1_000}))

    assert whole.result == {"keys": ["open"], "points": [[1_000, 7], [2_000, 7]]}
    assert rest.result == {"keys": ["open"], "points": [[2_000, 7]]}


def test_every_verb_is_tried_here() -> None:
    assert set(VERBS) == {"status", "slots", "figures", "drain", "remove", "transfer"}


@pytest.mark.parametrize("request_", [AdminRequest("format"), ["status"], {"verb": 1}, {"verb": "status", "x": 1}])
async def test_what_is_no_question_is_refused(request_: Any) -> None:
    asked = Asked()

    assert (await ask(asked, request_)).code == "invalid_input"
    assert asked.calls == []


async def test_only_the_leader_can_do_some_things_and_is_named() -> None:
    reply = await ask(Asked(NotLeader(leader="n1")), AdminRequest("transfer", {"node": "n2"}))

    assert (reply.code, reply.leader) == ("not_leader", ("192.0.2.1", 8002))


async def test_a_refusal_has_its_code() -> None:
    reply = await ask(Asked(MemberUnknown(node="n9")), AdminRequest("remove", {"node": "n9"}))

    assert (reply.code, "n9" in reply.detail) == ("member_unknown", True)


async def test_a_defect_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    reply = await ask(Asked(KeyError("secret")), AdminRequest("status"))

    assert reply.code == "internal"
    assert "secret" not in reply.detail
    assert caplog.records[0].exc_info
