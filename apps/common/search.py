"""Finding names: what is stored of a name so that an index finds it, and what is asked of that index.

A name is found by any part of it in scripts that put no space between words, and by the beginning of any word in the
others; a Chinese name also by its pinyin from any syllable on, by the initials of its syllables, and by the first
syllable with the initials of the others: 张晓明 by 晓明, xiaom, zxm and zhangxm. Pure: what is stored comes out as a
text, against which a database compares, and as grams of one or two characters, which choose the rows worth comparing.
"""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MARK: Final = "^"
"""Stands before each place where a word, or a syllable of pinyin, begins."""

MAX_READ_CHARS: Final = 16
"""Of one run of Chinese characters, this many are also read; the rest is found by characters only."""
MAX_VARIANTS: Final = 6
"""Ways to read one name that are stored. More than that, and the rarest readings are left out."""
MAX_STARTS: Final = 8
"""Words, or syllables, of one name from which it is found; later ones are found with what stands before them."""
MAX_NEEDLES: Final = 6
"""Words of a query that count; what follows them is not looked at."""
MAX_NEEDLE_CHARS: Final = 40
"""Of one word of a query; a longer one is cut, and so finds more."""

_DENSE: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai to Khmer, kana, Chinese characters and Hangul: words follow each other without a space."""
_RUN: Final = re.compile(rf"[{_DENSE}]+|[^\s{_DENSE}]+")
_DENSE_RUN: Final = re.compile(rf"[{_DENSE}]+")
_WORD_START: Final = re.compile(r"(?<![^\W\d_])[^\W\d_]|(?<!\d)\d")
"""The first letter after something else, and the first digit."""
_FOREIGN: Final = re.compile(rf"[{re.escape(MARK)}\0\ud800-\udfff]")

Readings = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Searchable:
    """What is stored of a name: `text` holds every way to find it, `grams` the pairs of characters in it."""

    text: str
    grams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query asks for: rows with all `grams`, whose text holds all `needles`. Empty: nothing was asked."""

    needles: tuple[str, ...]
    grams: tuple[str, ...]


def searchable(*names: str, readings: Readings) -> Searchable:
    """Return what is stored of somebody's names. `readings` of a character come with the usual one first."""
    keys = list(dict.fromkeys(key for name in names for key in _keys(name, readings)))
    grams = dict.fromkeys(gram for key in keys for gram in _grams(key))
    return Searchable("\n".join(keys), tuple(grams))


def wanted(query: str) -> Wanted:
    """Return what to look for. Words in any order; all of them have to be found."""
    runs = itertools.islice(_RUN.findall(_folded(query)), MAX_NEEDLES)
    needles = tuple(dict.fromkeys(filter(None, (_needle(run) for run in runs))))
    return Wanted(needles, tuple(dict.fromkeys(gram for needle in needles for gram in _needed(needle))))


def _folded(text: str) -> str:
    """The one spelling of a text. What no database stores (NUL, lone surrogates) counts as white space."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _FOREIGN.sub(" ", plain)


def _needle(run: str) -> str:
    if _DENSE_RUN.match(run):
        return run[:MAX_NEEDLE_CHARS]
    start = _WORD_START.search(run)
    return MARK + run[start.start() :][:MAX_NEEDLE_CHARS] if start else ""


def _keys(name: str, readings: Readings) -> Iterable[str]:
    for run in _RUN.findall(_folded(name)):
        if _DENSE_RUN.match(run):
            yield run
            yield from _read(run, readings)
        else:
            starts = [match.start() for match in itertools.islice(_WORD_START.finditer(run), MAX_STARTS)]
            yield from (MARK + run[start:] for start in starts)


def _read(run: str, readings: Readings) -> Iterable[str]:
    """The ways to type a Chinese name in letters. Characters without a reading are passed over."""
    spoken = [found for found in (readings(character) for character in run[:MAX_READ_CHARS]) if found]
    for syllables in itertools.islice(_variants(spoken), MAX_VARIANTS):
        initials = "".join(syllable[0] for syllable in syllables)
        for start in range(min(len(syllables), MAX_STARTS)):
            yield MARK + "".join(syllables[start:])
            yield MARK + initials[start:]
        yield MARK + syllables[0] + initials[1:]


def _variants(spoken: Sequence[Sequence[str]]) -> Iterable[tuple[str, ...]]:
    """All combinations, the usual reading first; where the first characters differ before where later ones do."""
    if not spoken:
        return iter(())
    return (combination[::-1] for combination in itertools.product(*reversed(spoken)))


def _grams(key: str) -> Iterable[str]:
    """All that a part of this key may need."""
    if not key.startswith(MARK):
        yield from key
    yield from (key[at : at + 2] for at in range(len(key) - 1))


def _needed(needle: str) -> Iterable[str]:
    """As few as tell as much: a single character only where it is all there is."""
    if len(needle) == 1:
        yield needle
    yield from (needle[at : at + 2] for at in range(len(needle) - 1))
