"""Borrowed texts are still those of the libraries, and have a Chinese form."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from django.utils import translation

from imsite.borrowed_texts import ADMIN_TEXTS, OAUTH_TEXTS


def sources_of(package: str) -> str:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    files = [path for path in Path(spec.origin).parent.rglob("*") if path.suffix in {".py", ".html"}]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize(("package", "texts"), [("unfold", ADMIN_TEXTS), ("oauth2_provider", OAUTH_TEXTS)])
def test_the_library_still_shows_them(package: str, texts: tuple[str, ...]) -> None:
    sources = sources_of(package)

    assert [text for text in texts if text not in sources] == []


def test_each_has_a_chinese_form() -> None:
    with translation.override("zh-hans"):
        assert [text for text in (*ADMIN_TEXTS, *OAUTH_TEXTS) if translation.gettext(text) == text] == []
