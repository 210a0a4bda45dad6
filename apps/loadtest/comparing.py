"""Two results side by side: their figures and the ratio of each.

Pure.
"""

from collections.abc import Sequence
from html import escape

from apps.loadtest.pages import page, section, table
from apps.loadtest.result import Result
from apps.loadtest.texts import Language, say
from apps.loadtest.wording import figure_name, verdict_line

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


def as_page(before: Result, after: Result, language: Language) -> str:
    """Return the comparison as a page, with what each result is of."""
    head, *rows = comparison(before, after, language)
    title = say(language, "Load tests compared: {before} and {after}", before=before.name, after=after.name)
    of = [
        (say(language, "before"), before.name, before.started_at, verdict_line(language, before.verdict)),
        (say(language, "after"), after.name, after.started_at, verdict_line(language, after.verdict)),
    ]
    figures = section(say(language, "Figures"), table(head, rows))
    parts = [f"<h1>{escape(title)}</h1>", table(("", "", "", ""), of), figures]
    return page(title, parts, language)


def _row(name: str, before: dict[str, float], after: dict[str, float], language: Language) -> Row:
    old, new = before.get(name), after.get(name)
    ratio = f"{new / old:.2f}" if old and new is not None else "–"
    return (figure_name(language, name), _cell(old), _cell(new), ratio)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:,.10g}"
