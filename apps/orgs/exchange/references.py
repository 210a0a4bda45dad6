r"""How a file names a department: by its code, or, with a slash in front, by the names on the way from the root.

`/R&D/Platform` is the department Platform below R&D; a slash or backslash within a name is written `\/`, `\\`. Pure.
"""

import re
from dataclasses import dataclass
from typing import Final

_STEP: Final = re.compile(r"/((?:[^/\\]|\\.)*)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL: Final = re.compile(r"([/\\])")


@dataclass(frozen=True, slots=True)
class Reference:
    """A department by code or by names; neither stands for the root."""

    code: str = ""
    names: tuple[str, ...] = ()

    @property
    def is_root(self) -> bool:
        """True when it names the organisation itself."""
        return not self.code and not self.names

    def __str__(self) -> str:
        return self.code or write_path(self.names)


ROOT: Final = Reference()


def parse_reference(text: str) -> Reference | None:
    """Return what `text` refers to; None when it is a path with an empty name or a loose backslash."""
    if text in {"", "/"}:
        return ROOT
    if not text.startswith("/"):
        return Reference(code=text)
    names, position = [], 0
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None or not step.group(1).strip():
            return None
        names.append(_ESCAPED.sub(r"\1", step.group(1)).strip())
        position = step.end()
    return Reference(names=tuple(names))


def write_path(names: tuple[str, ...]) -> str:
    """Return the path that `parse_reference` reads as these names."""
    return "/" + "/".join(_SPECIAL.sub(r"\\\1", name) for name in names)
