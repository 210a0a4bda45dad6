"""What can go wrong for a program that uses the client. Codes are the protocol's own (`apps.wire.errors`)."""


class ClientError(Exception):
    """Base of everything the client raises on purpose."""


class SignInRefused(ClientError):
    """The server knows the name, password, token or terminal and says no; trying again would not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"sign-in refused: {message} ({code})")
        self.code = code


class SignInUnavailable(ClientError):
    """No token could be had right now: the server does not answer, or is busy. Worth another try."""

    def __init__(self, message: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SendRefused(ClientError):
    """The server refused a message for good; the same message will never be accepted."""

    def __init__(self, code: str, message: str, *, message_id: str) -> None:
        super().__init__(f"message refused: {message} ({code})")
        self.code = code
        self.message_id = message_id


class RequestRefused(ClientError):
    """The server refused a question (`sync`, the conversation list)."""

    def __init__(self, code: str, message: str, *, retry: bool = False, retry_after_s: float = 0.0) -> None:
        super().__init__(f"request refused: {message} ({code})")
        self.code = code
        self.retry = retry
        self.retry_after_s = retry_after_s


class OutboxFull(ClientError):
    """As many messages as the outbox holds are waiting for their acks already."""


class NotConnected(ClientError):
    """The client has never signed in, so it does not know whom it speaks for: call `connect` first."""


class ConnectionLost(ClientError):
    """The connection ended. The client reconnects by itself unless `code` says that somebody must act."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"connection lost: {reason or 'no reason given'} ({code})")
        self.code = code
        self.reason = reason


class ClientClosed(ClientError):
    """The client was closed, by `close` or by an error it cannot recover from (then that is the cause)."""
