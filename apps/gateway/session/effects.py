"""What a session asks of the code that runs it. Effects are structs, which cost a tenth of a dataclass to make."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from apps.wire.errors import CloseCode
from apps.wire.frames import ListConversations, Read, Received, Send, SignIn, Sync
from apps.wire.ids import TenantId, TerminalId, UserId

Question = Sync | ListConversations
"""What is looked up and answered."""

Request = Send | Question
"""What is carried out and answered."""

Note = Received | Read
"""What is taken note of and not answered."""

Details = Mapping[str, str | int]
"""What a client is told beyond a reason."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in, from which terminal, and until when (unix ms). A service account may have a rate of its own."""

    tenant: TenantId
    user: UserId
    terminal: TerminalId
    expires_ms: int
    requests_per_minute: int | None = None


class SendText(msgspec.Struct, frozen=True, gc=False):
    """Send this frame."""

    text: str


class Authenticate(msgspec.Struct, frozen=True, gc=False):
    """Find out who this is; reported back by `signed_in` or `sign_in_failed`."""

    frame: SignIn


class Call(msgspec.Struct, frozen=True, gc=False):
    """Carry out what the client asked for; a request is reported back by `completed`, a note is not."""

    frame: Request | Note
    identity: Identity


class Close(msgspec.Struct, frozen=True, gc=False):
    """Send what was sent before, then close the socket. No further effect follows."""

    code: CloseCode
    reason: str


Effect = SendText | Authenticate | Call | Close
