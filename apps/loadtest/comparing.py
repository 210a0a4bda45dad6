"""Two results side by side: their figures and the ratio of each.

Pure.
"""

from collections.abc import Sequence

from apps.loadtest.result import Result
from apps.loadtest.texts import Language, say
from apps.loadtest.wording import figure_name

Row = tuple[str, str, str, str]


def comparison(before: Result, after: Result, language: Language) -> list[Row]:
    """Return a head and a row per figure that either result has; a ratio only where both do."""
    names = list(dict.fromkeys([*before.figures, *after.figures]))
    head = (say(language, "Figure"), say(language, "before"), say(language, "after"), say(language, "ratio"))
    return [head, *(_row(name, before.figures, after.figures, language) for name in names)]


def as_text(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, which is readable at a terminal, too."""
    head, *others = rows
    lines = [head, ("---", "---:", "---:", "---:"), *others]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _row(name: str, before: dict[str, float], after: dict[str, float], language: Language) -> Row:
    old, new = before.get(name), after.get(name)
    ratio = f"{new / old:.2f}" if old and new is not None else "–"
    return (figure_name(language, name), _cell(old), _cell(new), ratio)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:,.10g}"
