"""CRC16 hash slots with tags, their table, and the planner of movements."""

from apps.cluster.core.slots.keys import SLOTS, slot_of
from apps.cluster.core.slots.planner import Movements, Release, plan, shares
from apps.cluster.core.slots.table import Assignment, SlotRange, SlotTable, Span, TableInvalid

__all__ = [
    "SLOTS",
    "Assignment",
    "Movements",
    "Release",
    "SlotRange",
    "SlotTable",
    "Span",
    "TableInvalid",
    "plan",
    "shares",
    "slot_of",
]
