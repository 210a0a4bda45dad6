r"""How a file names a department: by its code, or, with a slash in front, by the names on the way from the root.

`/R&D/Platform` is the department Platform below R&D; a slash or backslash within a name is written `\/`, `\\`.
`~/R&D/Platform` begins at the topmost department that whoever reads or writes the file administers: administrators of
departments get it in their exports, which do not name what is above them. Pure.
"""

import re
from dataclasses import dataclass
from typing import Final

_STEP: Final = re.compile(r"/((?:[^/\\]|\\.)*)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_FROM_TOP: Final = "~"
_SPECIAL: Final = re.compile(r"([/\\])")


@dataclass(frozen=True, slots=True)
class Reference:
    """A department by code or by names, from the root or from a topmost department; neither stands for the root."""

    code: str = ""
    names: tuple[str, ...] = ()
    is_from_top: bool = False

    @property
    def is_root(self) -> bool:
        """True when it names the organisation itself."""
        return not self.code and not self.names

    def __str__(self) -> str:
        return self.code or (_FROM_TOP if self.is_from_top else "") + write_path(self.names)


ROOT: Final = Reference()


def parse_reference(text: str) -> Reference | None:
    """Return what `text` refers to; None when it is a path with an empty name or a loose backslash."""
    if text in {"", "/"}:
        return ROOT
    if not is_path(text):
        return Reference(code=text)
    is_from_top = text.startswith(_FROM_TOP)
    text = text.removeprefix(_FROM_TOP)
    names, position = [], 0
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None or not step.group(1).strip():
            return None
        names.append(_ESCAPED.sub(r"\1", step.group(1)).strip())
        position = step.end()
    return Reference(names=tuple(names), is_from_top=is_from_top)


def is_path(text: str) -> bool:
    """Tell whether a cell is read as a path, so that it can't be a code."""
    return text.startswith(("/", f"{_FROM_TOP}/"))


def write_path(names: tuple[str, ...]) -> str:
    """Return the path that `parse_reference` reads as these names."""
    return "/" + "/".join(_SPECIAL.sub(r"\\\1", name) for name in names)
