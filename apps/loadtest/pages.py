"""Pages that need nothing else: no script, no font, no picture from anywhere; dark by night.

Pure. Not here: what stands on them.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from apps.loadtest.texts import Language

STYLE: Final = """
:root{color-scheme:light dark;--ink:#1c2330;--dim:#667085;--rule:#d9dee7;--paper:#fff;--good:#117a3d;--bad:#b42318;
--c0:#2563eb;--c1:#d97706;--c2:#059669;--c3:#dc2626;--c4:#7c3aed}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--dim:#98a2b3;--rule:#344054;--paper:#12161f;--good:#4ade80;
--bad:#f87171;--c0:#60a5fa;--c1:#fbbf24;--c2:#34d399;--c3:#f87171;--c4:#a78bfa}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:900px;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin:2rem 0 .4rem}
table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;border-bottom:1px solid var(--rule);
text-align:right}
th:first-child,td:first-child{text-align:left}th{color:var(--dim);font-weight:600}
.verdict{font-weight:600}.passed{color:var(--good)}.failed{color:var(--bad)}.dim{color:var(--dim)}
.chart{width:100%;height:auto}.chart text{font-size:11px;fill:var(--dim)}.grid{stroke:var(--rule)}
.mark{stroke:var(--bad);stroke-dasharray:4 3}text.mark{stroke:none;fill:var(--bad)}
.line{fill:none;stroke-width:1.6}.legend{display:flex;gap:1rem;flex-wrap:wrap;font-size:.85rem}
.key::before{content:"";display:inline-block;width:.9em;height:.25em;margin-right:.4em;vertical-align:middle;
background:currentColor}
pre{white-space:pre-wrap;font-size:.8rem}
""" + "".join(f".s{place}{{stroke:var(--c{place});color:var(--c{place})}}" for place in range(5))


def page(title: str, parts: Iterable[str], language: Language) -> str:
    """Return a whole page of parts that are HTML already."""
    lang = "zh-Hans" if language == "zh" else "en"
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>{''.join(parts)}</body></html>\n"
    )


def section(title: str, body: str) -> str:
    """Return a part of a page under its title; nothing where there is no body."""
    return f"<h2>{escape(title)}</h2>{body}" if body else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; nothing without rows."""
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>" if body else ""
