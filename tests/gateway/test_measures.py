"""What sessions do is counted, each under its own name, whatever carries them."""

from typing import get_args

import pytest

from apps.accounts.models import User
from apps.conversations.models import Conversation
from apps.gateway.measures import FRAMES, SESSIONS
from apps.wire.frames import ClientFrames, Heartbeat, Send
from tests.gateway.conftest import Dial
from tests.metrics.measured import Measured


def test_every_operation_is_counted_under_its_name() -> None:
    measured = Measured()

    FRAMES[Send].add()
    FRAMES[Heartbeat].add(2)

    assert set(FRAMES) == set(get_args(ClientFrames))
    assert measured.grown("im_gateway_frames_total", "send") == 1
    assert measured.grown("im_gateway_frames_total", "heartbeat") == 2


@pytest.mark.django_db(transaction=True)
async def test_a_conversation_leaves_its_traces(dial: Dial, room: Conversation, alice: User, bob: User) -> None:
    measured, before = Measured(), SESSIONS.read()
    at_alice, at_bob = await dial(alice), await dial(bob)
    signed_in = SESSIONS.read() - before

    await at_alice.ask(**at_alice.message(room, "hello"))
    await at_bob.receive()
    await at_bob.ask(op="heartbeat")
    await at_bob.ask(op="sync", conversation=str(room.pk), after=0, limit=10)

    assert signed_in == 2
    assert measured.grown("im_gateway_sign_in_seconds") == 2
    assert {op: measured.grown("im_gateway_frames_total", op) for op in ("sign_in", "send", "heartbeat", "sync")} == {
        "sign_in": 2,
        "send": 1,
        "heartbeat": 1,
        "sync": 1,
    }
    assert measured.grown("im_gateway_pushes_total") == 1
    assert measured.grown("im_store_wait_seconds") == 1


@pytest.mark.django_db(transaction=True)
async def test_refusals_and_closes_are_counted_by_code(dial: Dial, room: Conversation, alice: User, eve: User) -> None:
    measured, before = Measured(), SESSIONS.read()
    at_eve = await dial(eve)

    await at_eve.ask(**at_eve.message(room, "not mine"))
    blunder = await at_eve.ask(op="nonsense")
    at_alice = await dial(alice, sign_in=False)
    await at_alice.ask(op="sign_in", token="no token", terminal=str(alice.pk), platform="web")
    await at_alice.receive_op("closing")
    code = await at_alice.closed()
    await at_eve.hang_up()

    assert measured.grown("im_gateway_refusals_total", "conversation_not_found") == 1
    assert measured.grown("im_gateway_refusals_total", blunder["code"]) == 1
    assert measured.grown("im_gateway_closes_total", str(code)) == 1
    assert SESSIONS.read() == before
