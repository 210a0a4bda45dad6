"""How log lines look: time, level, logger, the constant message, and after it the fields that came with it.

Not here: what is logged, and which levels are.
"""

import json
import logging
from typing import Any, Final
from uuid import UUID

LINE: Final = "{asctime} {levelname} {name} {message}"
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
"""What a record has anyway; uvicorn's `color_message` says its message again, for terminals."""
_SHOWN: Final = (str, int, float, UUID, list, tuple, dict)
"""Kinds of fields that are facts. Others (Django's `request`) are things for programs, and are left out."""
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:_-/+@")


class FieldFormatter(logging.Formatter):
    """Writes `extra` as ` name=value`; values that could be misread are written as JSON."""

    node = ""
    """Who says it, in front of each line: where several processes write to one place. Set once, before they do."""

    def __init__(self) -> None:
        super().__init__(LINE, style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the library's
        """Return the line, without a traceback."""
        fields = [f" {name}={_shown(value)}" for name, value in vars(record).items() if _is_fact(name, value)]
        signed = f"[{self.node}] " if self.node else ""
        return signed + super().formatMessage(record) + "".join(fields)


def _is_fact(name: str, value: Any) -> bool:
    return name not in _OWN and (value is None or isinstance(value, _SHOWN))


def _shown(value: Any) -> str:
    text = str(value)
    if isinstance(value, str | int | float) and text and _PLAIN.issuperset(text):
        return text
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
