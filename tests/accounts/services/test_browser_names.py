"""Browsers are called what their people call them."""

import pytest

from apps.accounts.services.browser_names import MAX_LOOKED_AT_CHARS, browser_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36", "Chrome · Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/131.0 Safari/537.36 Edg/131.0", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox · Linux"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.1 Safari/605.1.15", "Safari · macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {WEBKIT} CriOS/131.0 Safari/604.1", "Chrome · iOS"),
        (f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} Chrome/130.0 Mobile MicroMessenger/8.0.50", "WeChat · Android"),
        ("curl/8.5.0", ""),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_program_and_system_are_named(said: str, name: str) -> None:
    assert browser_name(said) == name


def test_what_comes_late_in_a_long_header_is_not_looked_at() -> None:
    assert browser_name("x" * MAX_LOOKED_AT_CHARS + "Firefox/128.0") == ""
