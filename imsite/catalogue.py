"""Catalogues of translated texts, without GNU gettext: what the sources ask for, what a .po file has, and its .mo form.

`manage.py catalogue` uses it to say what is missing and to compile. Only what this project writes is understood: texts
in single calls or template tags, plural forms and contexts included, obsolete entries and fuzzy marks not.
"""

import ast
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.utils.translation.template import templatize

from imsite.env import ROOT

CONTEXT_MARK: Final = "\x04"
PLURAL_MARK: Final = "\0"
MO_MAGIC: Final = 0x950412DE

_SINGULAR: Final = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop"})
_PLURAL: Final = frozenset({"ngettext", "ngettext_lazy"})
_WITH_CONTEXT: Final = frozenset({"pgettext", "pgettext_lazy"})
_TEMPLATE_CALL: Final = re.compile(r"""\b(?:n|p)?gettext\((?:u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")[\s,]*)+""")
_PO_LINE: Final = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)?\s*"(.*)"')


class CatalogueError(ValueError):
    """A .po file can't be read; the text says where."""


@dataclass(frozen=True)
class Catalogue:
    """One .po file: its header, and translations by key; plural forms are joined by NUL, as in .mo files."""

    path: Path
    header: str
    texts: dict[str, str]

    def to_mo(self) -> bytes:
        """Return the binary form (GNU gettext manual, "The Format of GNU MO Files"), without a hash table."""
        entries = sorted((key.encode(), text.encode()) for key, text in {"": self.header, **self.texts}.items() if text)
        begin = 28 + 16 * len(entries)
        table, blob = b"", b""
        for text in [*(key for key, _text in entries), *(text for _key, text in entries)]:
            table += struct.pack("<2I", len(text), begin + len(blob))
            blob += text + b"\0"
        head = struct.pack("<7I", MO_MAGIC, 0, len(entries), 28, 28 + 8 * len(entries), 0, begin)
        return head + table + blob


def wanted_keys(root: Path = ROOT) -> set[str]:
    """Return the key of every text that the Python files and templates of the project want translated."""
    keys: set[str] = set()
    for folder in ("apps", "imsite", "templates"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix == ".py":
                keys.update(keys_of_python(path.read_text(encoding="utf-8")))
            elif path.suffix in {".html", ".txt"}:
                keys.update(keys_of_template(path.read_text(encoding="utf-8")))
    return keys


def keys_of_python(source: str) -> Iterator[str]:
    """Yield the keys that a Python source asks for."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        yield from _keys_of_call(name, [text for text in texts if isinstance(text, str)])


def keys_of_template(source: str) -> Iterator[str]:
    """Yield the keys that a Django template asks for."""
    for call in _TEMPLATE_CALL.findall(templatize(source)):
        yield from keys_of_python(call.rstrip().rstrip(",") + ")")


def read_catalogue(path: Path) -> Catalogue:
    """Read a .po file. Raises CatalogueError for a line that is not understood, or a key that comes twice."""
    texts: dict[str, str] = {}
    for number, entry in _entries(path):
        key = entry["msgid"]
        if "msgid_plural" in entry:
            key += PLURAL_MARK + entry["msgid_plural"]
        if "msgctxt" in entry:
            key = entry["msgctxt"] + CONTEXT_MARK + key
        if key in texts:
            raise CatalogueError(f"{path}:{number}: {entry['msgid']!r} comes twice")
        texts[key] = PLURAL_MARK.join(value for name, value in entry.items() if name.startswith("msgstr"))
    return Catalogue(path, texts.pop("", ""), texts)


def catalogue_files(root: Path = ROOT) -> list[Path]:
    """Return every .po file of the project."""
    return sorted([*(root / "imsite").rglob("*.po"), *(root / "apps").rglob("*.po")])


def _keys_of_call(name: str, texts: list[str]) -> Iterable[str]:
    if name in _SINGULAR and texts:
        return [texts[0]]
    if name in _PLURAL and len(texts) >= 2:
        return [texts[0] + PLURAL_MARK + texts[1]]
    if name in _WITH_CONTEXT and len(texts) >= 2:
        return [texts[0] + CONTEXT_MARK + texts[1]]
    return []


def _entries(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    entry: dict[str, str] = {}
    current, began = "", 1
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _PO_LINE.fullmatch(line)
        if match is None or not (match[1] or current):
            raise CatalogueError(f"{path}:{number}: not understood: {line}")
        if match[1]:
            if entry and any(name.startswith("msgstr") for name in entry) and not match[1].startswith("msgstr"):
                yield began, entry
                entry, began = {}, number
            current = match[1]
            entry[current] = ""
        entry[current] += ast.literal_eval(f'"{match[2]}"')
    if entry:
        yield began, entry
