"""How a node configures the edge server: what is fixed by our protocol, and what the operator may change."""

from dataclasses import fields
from typing import Any, Final

from apps.edge import EdgeConfig, FrameLimits
from apps.edge.protocol.proxies import TrustedProxies
from apps.wire.frames import MAX_FRAME_BYTES
from imsite.env import Environment
from imsite.errors import OperatorError
from imsite.phrases import phrase

RESERVED_FILES: Final = 256
"""Open files that connections leave to the database, the cluster, logs and static files."""

KNOBS: Final = {field.name: field.type for field in fields(EdgeConfig) if field.type in {int, float}}
"""What `IM_EDGE` may set, and what kind of number it is."""

KNOB_MAX: Final = 10**9
"""A larger value of any knob is a slip of the keyboard."""


def edge_config(environment: Environment, *, open_files: int) -> EdgeConfig:
    """The configuration of a node whose process may have so many open files, 0 for any number.

    Raises OperatorError.
    """
    knobs: dict[str, Any] = {
        # The protocol has a heartbeat of its own, which finds dead peers without the server's pings.
        "ping_interval_s": 0.0,
        "max_connections": max(0, open_files - RESERVED_FILES),
    }
    knobs |= {name: _number(name, text) for name, text in environment.edge_knobs.items()}
    try:
        TrustedProxies(environment.trusted_proxies)
        return EdgeConfig(
            # Room to answer a frame that is too large with an error instead of a broken connection, and no more.
            frames=FrameLimits(max_message_bytes=2 * MAX_FRAME_BYTES),
            trusted_proxies=environment.trusted_proxies,
            **knobs,
        )
    except ValueError as error:
        raise OperatorError(phrase("IM_EDGE or IM_TRUSTED_PROXIES can't be used: {reason}", reason=error)) from error


def _number(name: str, text: str) -> float:
    kind = KNOBS.get(name)
    if kind is None:
        choices = ", ".join(sorted(KNOBS))
        raise OperatorError(
            phrase("{name} must be one of {choices}, not {text!r}", name="IM_EDGE", choices=choices, text=name)
        )
    try:
        value = int(text) if kind is int else float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= KNOB_MAX:
        where = f"IM_EDGE {name}"
        raise OperatorError(
            phrase("{name} must be a number from 0 to {most}, not {text!r}", name=where, most=KNOB_MAX, text=text)
        )
    return value
