"""What a load test says, in both languages."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.loadtest import wording
from apps.loadtest.texts import CHINESE, say

FOLDER = Path(wording.__file__).parent


def templates() -> Iterator[str]:
    """Every literal that is said, wherever in the app."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                literal = node.args[1]
                if isinstance(literal, ast.Constant):
                    yield str(literal.value)
    yield from wording.ERRORS.values()


def fields(template: str) -> set[tuple[str, str]]:
    parts = string.Formatter().parse(template)
    return {(name, form or "") for _text, name, form, _conversion in parts if name is not None}


def test_everything_has_its_chinese_and_nothing_is_left_over() -> None:
    assert set(templates()) == set(CHINESE)


@pytest.mark.parametrize(("english", "chinese"), CHINESE.items())
def test_both_languages_have_the_same_fields(english: str, chinese: str) -> None:
    assert fields(english) == fields(chinese)


def test_the_language_is_chosen() -> None:
    assert say("en", "{count} errors", count=3) == "3 errors"
    assert say("zh", "{count} errors", count=3) == "3 个错误"
    assert say("zh", "never {seen}", seen=1) == "never 1"
