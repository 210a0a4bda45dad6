"""Every refusal has a code of its own and a text that names the thing."""

import inspect

import pytest

from apps.common.errors import ImError
from apps.orgs import errors

CATALOGUE = [
    error
    for _name, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, ImError) and error.__module__ == errors.__name__
]


def test_codes_are_unique() -> None:
    codes = [error.code for error in CATALOGUE]

    assert len(set(codes)) == len(codes) > 10


@pytest.mark.parametrize("error", CATALOGUE, ids=lambda error: error.__name__)
def test_it_is_the_callers_to_solve(error: type[ImError]) -> None:
    assert 400 <= error.status < 500
    assert str(error.message)
