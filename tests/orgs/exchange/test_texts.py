"""Every code has its words, in both languages."""

import re

import pytest
from django.utils import translation

from apps.orgs.exchange.texts import TEXTS, text_of, values_text
from imsite.env import ROOT

RAISED = re.compile(r'(?:SheetRefused\(|(?:RowRefused|refuse)\((?:[\w.]+|"\w+"), |Finding\([\w.]+, "\w+", )"(\w+)"')


def test_every_code_that_is_raised_has_its_words() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "apps/orgs/exchange").glob("*.py")]
    raised = {code for source in sources for code in RAISED.findall(source)}

    assert len(raised) > 30
    assert raised - TEXTS.keys() == set()


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_words_exist_in_both_languages(code: str) -> None:
    class Anything(dict[str, int]):
        def __missing__(self, key: str) -> int:
            return 7

    english = text_of(code, Anything())
    with translation.override("zh-hans"):
        chinese = text_of(code, Anything())

    assert english
    assert chinese != english or code == "refused"


def test_what_a_step_gives_is_said_by_the_columns_of_its_kind_in_either_language() -> None:
    values: dict[str, str | int | bool] = {"hidden": True, "name": "研发部"}

    english = values_text("departments", values)
    with translation.override("zh-hans"):
        chinese = values_text("departments", {**values, "hidden": False})
        person = values_text("people", {"sort": 3, "name": "张伟"})

    assert english == "Name: 研发部, Hidden: yes"
    assert chinese == "名称: 研发部, 隐藏: 否"
    assert person == "姓名: 张伟, 排序: 3"
