"""The command line speaks English and Chinese: every text of the sources has both, and the right one is said."""

import ast
import io
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imsite.phrases import TRANSLATIONS, language, padded, phrase, width
from tests.architecture.tree import parsed, source_files

FILES = [Path("manage.py"), *source_files()]
# What reaches the terminal: these take a text that `phrase` made, never one written at the spot.
SPEAKERS = {"OperatorError", "SettingError", "CommandError", "_say", "_fail"}

TAKEN = "port {port} is taken by another program: end it, or choose another port with {setting}"


def calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def phrases_of(path: Path) -> list[ast.Call]:
    return list(calls(parsed(path), {"phrase"}))


def template_of(call: ast.Call) -> str:
    (template,) = call.args
    assert isinstance(template, ast.Constant), f"line {call.lineno}: a template is a literal"
    assert isinstance(template.value, str)
    return template.value


def placeholders(template: str) -> set[tuple[str, str, str]]:
    """Name, format and conversion of each."""
    parts = string.Formatter().parse(template)
    return {(name, form or "", conversion or "") for _text, name, form, conversion in parts if name is not None}


class TestSources:
    def test_every_template_of_the_sources_has_its_chinese(self) -> None:
        used = {template_of(call) for path in FILES for call in phrases_of(path)}

        assert used - set(TRANSLATIONS) == set()

    def test_no_translation_is_left_over(self) -> None:
        used = {template_of(call) for path in FILES for call in phrases_of(path)}

        assert set(TRANSLATIONS) - used == set()

    @pytest.mark.parametrize("path", [path for path in FILES if phrases_of(path)], ids=str)
    def test_every_call_fills_the_placeholders_of_its_template(self, path: Path) -> None:
        for call in phrases_of(path):
            given = {keyword.arg for keyword in call.keywords}
            assert given == {name for name, _form, _conversion in placeholders(template_of(call))}, template_of(call)

    @pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] != "apps"], ids=str)
    def test_nothing_is_said_in_one_language_only(self, path: Path) -> None:
        written = [
            call.lineno
            for call in calls(parsed(path), SPEAKERS)
            if any(isinstance(argument, ast.Constant | ast.JoinedStr | ast.BinOp) for argument in call.args)
        ]

        assert written == []


class TestTranslations:
    @pytest.mark.parametrize(("english", "chinese"), TRANSLATIONS.items())
    def test_both_languages_have_the_same_placeholders(self, english: str, chinese: str) -> None:
        assert placeholders(english) == placeholders(chinese)

    @pytest.mark.parametrize(("english", "chinese"), TRANSLATIONS.items())
    def test_a_translation_is_chinese_and_one_line(self, english: str, chinese: str) -> None:
        assert width(chinese) > len(chinese)
        assert "\n" not in english + chinese


class TestPhrase:
    def test_english_is_said_as_written(self) -> None:
        assert phrase(TAKEN, port=8000, setting="IM_HTTP_PORT") == (
            "port 8000 is taken by another program: end it, or choose another port with IM_HTTP_PORT"
        )

    def test_chinese_is_said_to_who_reads_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LANG", "zh_CN.UTF-8")

        assert phrase(TAKEN, port=8000, setting="IM_HTTP_PORT") == (
            "端口 8000 已被其他程序占用：请结束该程序，或用 IM_HTTP_PORT 另选端口"
        )

    def test_braces_in_a_value_stay(self) -> None:
        assert phrase("{failure} ({reason})", failure="{x}", reason="{}") == "{x} ({})"

    def test_a_template_without_chinese_is_said_in_english(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LANG", "zh_CN.UTF-8")
        unknown = "nobody translated {this}"

        assert phrase(*[unknown], this="text") == "nobody translated text"


class TestLanguage:
    @pytest.mark.parametrize(
        ("variable", "value", "expected"),
        [
            ("LANG", "zh_CN.UTF-8", "zh-hans"),
            ("LANGUAGE", "zh", "zh-hans"),
            ("LC_MESSAGES", "zh_SG.UTF-8", "zh-hans"),
            ("LC_ALL", "zh_CN.GB18030", "zh-hans"),
            ("LANG", "de_DE.UTF-8", "en"),
            ("LANG", "", "en"),
        ],
    )
    def test_the_environment_chooses(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
    ) -> None:
        monkeypatch.setenv(variable, value)

        assert language() == expected

    @pytest.mark.parametrize(
        ("encoding", "expected"), [("ascii", "en"), ("latin-1", "en"), ("gbk", "zh-hans"), ("utf-8", "zh-hans")]
    )
    def test_what_the_terminal_cannot_print_is_said_in_english(
        self, monkeypatch: pytest.MonkeyPatch, encoding: str, expected: str
    ) -> None:
        monkeypatch.setenv("LANG", "zh_CN.UTF-8")
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))

        assert language() == expected

    def test_without_standard_output_there_is_still_a_language(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LANG", "zh_CN.UTF-8")
        monkeypatch.setattr(sys, "stdout", None)

        assert language() == "zh-hans"


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("Chat", 4), ("聊天", 4), ("（a）", 5), ("管理API", 7)])
def test_a_chinese_letter_takes_two_columns(text: str, columns: int) -> None:
    assert width(text) == columns
    assert padded(text, 9) == text + " " * (9 - columns)
