"""From a key to its slot: CRC16 of the key, or of its tag, as the Redis Cluster specification defines it.

Not here: who owns a slot.
"""

from binascii import crc_hqx

SLOTS = 16_384
"""How many slots there are; every program that talks to one cluster must count the same."""


def slot_of(key: str | bytes) -> int:
    """Return the slot of a key.

    Only what is between the first `{` and the first `}` after it counts, if that is not empty: keys with one tag share
    one slot (Redis Cluster specification, "Hash tags"). CRC16 is XMODEM: polynomial 0x1021, beginning with 0.
    """
    raw = key.encode() if isinstance(key, str) else key
    opening = raw.find(b"{")
    if opening >= 0:
        closing = raw.find(b"}", opening + 1)
        if closing > opening + 1:
            raw = raw[opening + 1 : closing]
    return crc_hqx(raw, 0) % SLOTS
