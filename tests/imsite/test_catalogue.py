"""Translations: all there, none left over, compiled, and read by Django and the standard library alike."""

import gettext
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import ngettext

from imsite.catalogue import (
    Catalogue,
    CatalogueError,
    catalogue_files,
    keys_of_python,
    keys_of_template,
    read_catalogue,
    wanted_keys,
)

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture(scope="module")
def catalogues() -> list[Catalogue]:
    return [read_catalogue(path) for path in catalogue_files()]


class TestOurTranslations:
    def test_every_text_of_the_sources_has_one(self, catalogues: list[Catalogue]) -> None:
        known = {key for catalogue in catalogues for key, text in catalogue.texts.items() if text}

        assert wanted_keys() - known == set()

    def test_none_is_left_over(self, catalogues: list[Catalogue]) -> None:
        written = {key for catalogue in catalogues for key in catalogue.texts}

        assert written - wanted_keys() == set()

    def test_they_are_compiled(self, catalogues: list[Catalogue]) -> None:
        for catalogue in catalogues:
            assert catalogue.path.with_suffix(".mo").read_bytes() == catalogue.to_mo(), "run manage.py catalogue"

    def test_they_keep_the_placeholders(self, catalogues: list[Catalogue]) -> None:
        for catalogue in catalogues:
            for key, text in catalogue.texts.items():
                singular = key.split("\0", maxsplit=1)[0]
                assert placeholders(singular) == placeholders(text), key

    def test_django_finds_them(self) -> None:
        with translation.override("zh-hans"):
            assert translation.gettext("must not be empty") == "不能为空"
            assert ngettext("%(count)d tenant suspended.", "%(count)d tenants suspended.", 5) % {"count": 5} == (
                "已停用 5 个租户。"
            )


def placeholders(text: str) -> set[str]:
    import re

    return set(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w+\}", text))


class TestSources:
    @pytest.mark.parametrize(
        ("source", "keys"),
        [
            ('_("one")', {"one"}),
            ('x = gettext_lazy("a" "b")', {"ab"}),
            ('translation.gettext("dotted")', {"dotted"}),
            ('ngettext("cat", "cats", n)', {"cat\0cats"}),
            ('pgettext("verb", "open")', {"verb\x04open"}),
            ('_(f"no {x}")', set()),
            ("_(name)", set()),
            ('print("no")', set()),
        ],
    )
    def test_python_asks_by_calls(self, source: str, keys: set[str]) -> None:
        assert set(keys_of_python(source)) == keys

    @pytest.mark.parametrize(
        ("source", "keys"),
        [
            ("{% load i18n %}<p>{% translate 'one' %}</p>", {"one"}),
            ('{% trans "it\'s" %}', {"it's"}),
            ("{% blocktranslate %}hi {{ name }}{% endblocktranslate %}", {"hi %(name)s"}),
            (
                "{% blocktranslate count n=n %}cat{% plural %}{{ n }} cats{% endblocktranslate %}",
                {"cat\0%(n)s cats"},
            ),
            ("<p>plain</p>", set()),
        ],
    )
    def test_templates_ask_by_tags(self, source: str, keys: set[str]) -> None:
        assert set(keys_of_template(source)) == keys

    def test_files_of_both_kinds_are_read(self, tmp_path: Path) -> None:
        for name, text in {"apps/a.py": '_("py")', "templates/t.html": "{% trans 'html' %}", "imsite/x.md": ""}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)

        assert wanted_keys(tmp_path) == {"py", "html"}


class TestCatalogues:
    def catalogue(self, folder: Path, text: str) -> Catalogue:
        path = folder / "django.po"
        path.write_text(HEADER + text, encoding="utf-8")
        return read_catalogue(path)

    def test_texts_contexts_plurals_and_long_lines_are_read(self, tmp_path: Path) -> None:
        read = self.catalogue(
            tmp_path,
            '# a comment\nmsgid "one"\nmsgstr "一"\n\n'
            'msgctxt "verb"\nmsgid "open"\nmsgstr "打开"\n'
            'msgid "cat"\nmsgid_plural "cats"\nmsgstr[0] "猫"\n'
            'msgid ""\n"two "\n"lines"\nmsgstr ""\n"两\\n"\n"行"\n',
        )

        assert read.texts == {"one": "一", "verb\x04open": "打开", "cat\0cats": "猫", "two lines": "两\n行"}
        assert read.header.startswith("Content-Type")

    @pytest.mark.parametrize("text", ["nonsense\n", 'msgid "a"\nmsgstr "1"\n\nmsgid "a"\nmsgstr "2"\n'])
    def test_what_is_not_understood_is_refused_with_its_place(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(CatalogueError, match=r"django\.po:\d+"):
            self.catalogue(tmp_path, text)

    def test_the_compiled_form_is_what_the_standard_library_reads(self, tmp_path: Path) -> None:
        read = self.catalogue(tmp_path, 'msgid "one"\nmsgstr "一"\n\nmsgid "later"\nmsgstr ""\n')
        compiled = tmp_path / "django.mo"
        compiled.write_bytes(read.to_mo())

        with compiled.open("rb") as file:
            texts = gettext.GNUTranslations(file)

        assert texts.gettext("one") == "一"
        assert texts.gettext("later") == "later"
