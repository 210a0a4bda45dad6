"""How Chinese characters are read: all readings of a character in plain letters, the usual one first.

Only characters are looked up, not phrases: a name is no phrase, and its dictionary takes 45 MB that this one does not.
The dictionary is loaded at the first name that is stored; who only searches never needs it.
"""

import functools
import os
import unicodedata
from typing import Final

MAX_READINGS: Final = 3
"""Of one character; rarer ones are left out. They would make people turn up under names nobody calls them."""

_PLAIN: Final = str.maketrans({"ü": "v", "ɡ": "g"})
"""Pinyin is typed with v for ü."""


@functools.lru_cache(maxsize=4096)
def readings(character: str) -> tuple[str, ...]:
    """Return the readings of a character without tones: `zeng` and `ceng`; none for what is not Chinese."""
    spoken = _dictionary().get(ord(character), "")
    plain = dict.fromkeys(_without_tone(reading) for reading in spoken.split(",") if reading)
    return tuple(plain)[:MAX_READINGS]


@functools.cache
def _dictionary() -> dict[int, str]:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")
    from pypinyin.constants import PINYIN_DICT

    return dict(PINYIN_DICT)


def _without_tone(reading: str) -> str:
    """Drop the marks of tones, but keep the two dots that make a vowel of its own."""
    parts = unicodedata.normalize("NFD", unicodedata.normalize("NFC", reading).translate(_PLAIN))
    kept = [part for part in parts if part == "\u0308" or not unicodedata.combining(part)]
    return unicodedata.normalize("NFC", "".join(kept)).translate(_PLAIN)
