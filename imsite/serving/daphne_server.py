"""daphne's server with the protocol's closing codes.

daphne hands close codes to a call that refuses every registered code but 1000, and drops the reason; a session that
is told to go (1012, 4401 …) would end in an exception instead. The frame itself is sent by the same library.
"""

from typing import Any

from daphne.server import Server

MAX_REASON_BYTES = 123


class SiteServer(Server):  # type: ignore[misc]  # daphne is untyped
    """daphne's server, able to close with any code and reason."""

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Close an open socket ourselves; leave everything else to daphne."""
        closing = message["type"] == "websocket.close" and protocol.state == getattr(protocol, "STATE_OPEN", None)
        if closing:
            reason = str(message.get("reason") or "").encode()[:MAX_REASON_BYTES].decode("utf-8", "ignore")
            protocol.sendCloseFrame(code=int(message.get("code") or 1000), reasonUtf8=reason.encode(), isReply=False)
        else:
            await super().handle_reply(protocol, message)
