"""Passwords that everybody chooses, by rule."""

import pytest

from apps.accounts.services.password_habits import is_habit


@pytest.mark.parametrize(
    "password",
    [
        "woaini1314",
        "Woaini520!",
        "a123456789",
        "P@ssw0rd",
        "zhangwei1988",
        "qwerty!!!",
        "11112222",
        "19880808",
        "abcdefgh",
        "hgfedcba",
        "aaaabbbb",
        "ｗｏａｉｎｉ１３１４",
        "mima2024",
        "admin@123",
        "5201314",
    ],
)
def test_habits_are_known(password: str) -> None:
    assert is_habit(password)


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "x9!fKq2#mZ", "春眠不觉晓处处闻啼鸟", "woaini and my cat"]
)
def test_others_are_let_be(password: str) -> None:
    assert not is_habit(password)
