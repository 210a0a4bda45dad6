"""Terminals as rows."""

from apps.accounts.models import Terminal


def test_a_terminal_is_known_by_platform_and_name() -> None:
    assert str(Terminal(platform="ios", name="Phone")) == "iOS Phone"
    assert str(Terminal(platform="linux")) == "Linux"
