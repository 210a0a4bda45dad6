"""Every code has its words, in both languages."""

import re

import pytest
from django.utils import translation

from apps.orgs.exchange.texts import TEXTS, text_of
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
