"""One example of every frame of the protocol."""

from typing import Final
from uuid import UUID

import msgspec

from apps.wire import frames
from apps.wire.frames import ClientFrames, ServerFrames

ROOM, USER, TERMINAL = UUID(int=1), UUID(int=2), UUID(int=3)
MESSAGE_ID: Final = "A" * 64
BODY: Final = msgspec.Raw(b'{"text":"hello"}')
STATE: Final = frames.ConversationState(ROOM, max_seq=5, first_seq=1, delivered_seq=4, read_seq=3, unread=2)
EVENT: Final = frames.EventView(ROOM, 5, MESSAGE_ID, "text", USER, 1_800_000_000_000, BODY)

CLIENT_EXAMPLES: Final[list[ClientFrames]] = [
    frames.SignIn(token="t", terminal=TERMINAL, platform="web", name="Office", since=5, ref="r", redirect=True),
    frames.Heartbeat(),
    frames.Send(id=MESSAGE_ID, conversation=ROOM, kind="text", body=BODY),
    frames.Received(ROOM, 5),
    frames.Read(ROOM, 5),
    frames.Sync(ROOM, after=5, limit=10, ref="r"),
    frames.ListConversations(limit=10, cursor="c", ref="r"),
]

SERVER_EXAMPLES: Final[list[ServerFrames]] = [
    frames.Welcome("s", USER, USER, TERMINAL, 1, 2, 30_000, changed=[STATE], start_over=True, ref="r"),
    frames.HeartbeatFrame(time=1),
    frames.Ack(MESSAGE_ID, ROOM, 5, 1),
    frames.EventFrame(ROOM, 5, MESSAGE_ID, "text", USER, 1, BODY),
    frames.Events(ROOM, [EVENT], max_seq=5, more=True, gap_to=3, start_over=True, ref="r"),
    frames.Conversations(
        [frames.ConversationView(STATE, "group", "Lunch", 1, [frames.MemberView(USER, "A", "owner")], 1, EVENT)],
        next="n",
        time=1,
    ),
    frames.CursorFrame(ROOM, USER, 5, 3),
    frames.Changed(ROOM, 5),
    frames.Closing("restart", 500, "wss://other.test/ws/v1"),
    frames.ErrorFrame("busy", "wait", retry=True, retry_after_ms=5, ref="r", id=MESSAGE_ID, details={"limit": 5}),
]
