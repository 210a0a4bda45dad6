"""One word for one thing: what `docs/glossary.md` says not to say is said nowhere that people read."""

import re
from pathlib import Path

import pytest

from imsite.env import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
PATTERNS = ("apps/**/zh_Hans/**/*.po", "imsite/**/zh_Hans/**/*.po", "imsite/*phrases.py", "apps/*/texts.py")
READ = sorted(
    [path for pattern in PATTERNS for path in ROOT.glob(pattern)]
    + [ROOT / "static" / "js" / "i18n" / "zh.js", *ROOT.glob("*.zh-CN.md"), *(ROOT / "docs").glob("*.zh-CN.md")]
)


def avoided() -> dict[str, str]:
    """Return every word that the glossary has replaced, with the one to say."""
    rows = [line.strip("| ").split("|") for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if "|" in line]
    return {word: row[1].strip() for row in rows[2:] if len(row) > 3 for word in row[3].strip().split("、") if word}


@pytest.mark.parametrize("path", READ, ids=lambda path: str(path.relative_to(ROOT)))
def test_words_are_those_of_the_glossary(path: Path) -> None:
    words = avoided()
    found = re.compile("|".join(map(re.escape, words)))

    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    said = [f"line {number}: {match} is {words[match]}" for number, line in lines for match in found.findall(line)]

    assert said == []


def test_the_glossary_has_words_to_avoid_and_there_is_something_to_read() -> None:
    assert avoided()["您"] == "你"
    assert len(avoided()) > 5
    assert len(READ) > 8
