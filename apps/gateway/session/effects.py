"""What a session asks of the code that runs it."""

from dataclasses import dataclass

from apps.wire.errors import CloseCode
from apps.wire.frames import ListConversations, Read, Received, Send, SignIn, Sync
from apps.wire.ids import TenantId, TerminalId, UserId

Request = Send | Sync | ListConversations
"""What is carried out and answered."""

Note = Received | Read
"""What is taken note of and not answered."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in, from which terminal, and until when (unix ms)."""

    tenant: TenantId
    user: UserId
    terminal: TerminalId
    expires_ms: int


@dataclass(frozen=True, slots=True)
class SendText:
    """Send this frame."""

    text: str


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Find out who this is; reported back by `signed_in` or `sign_in_failed`."""

    frame: SignIn


@dataclass(frozen=True, slots=True)
class Call:
    """Carry out what the client asked for; a request is reported back by `completed`, a note is not."""

    frame: Request | Note
    identity: Identity


@dataclass(frozen=True, slots=True)
class Close:
    """Send what was sent before, then close the socket. No further effect follows."""

    code: CloseCode
    reason: str


Effect = SendText | Authenticate | Call | Close
