"""Asynchronous client for programs and tests. It knows the protocol (`apps.wire`) and nothing of the server."""

from apps.client.client import ImClient
from apps.client.errors import (
    ClientClosed,
    ClientError,
    ConnectionLost,
    NotConnected,
    OutboxFull,
    RequestRefused,
    SendRefused,
    SignInRefused,
    SignInUnavailable,
)
from apps.client.inbox import ClientEvent
from apps.client.options import ClientOptions
from apps.client.ordering import HistoryGap, HistoryReset

__all__ = [
    "ClientClosed",
    "ClientError",
    "ClientEvent",
    "ClientOptions",
    "ConnectionLost",
    "HistoryGap",
    "HistoryReset",
    "ImClient",
    "NotConnected",
    "OutboxFull",
    "RequestRefused",
    "SendRefused",
    "SignInRefused",
    "SignInUnavailable",
]
