"""The slot of a name, remembered: the same groups and channels come again and again."""

from functools import lru_cache

from apps.cluster.core.slots import slot_of as _slot_of

REMEMBERED = 65_536
"""Names whose slots are remembered; of more, those not used for longest are hashed again."""


@lru_cache(maxsize=REMEMBERED)
def slot_of(name: str) -> int:
    """Return the slot of a group's or channel's name."""
    return _slot_of(name)
