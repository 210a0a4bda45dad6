"""Whoever acts is a user of ours."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from apps.accounts.admin.acting import acting
from apps.accounts.models import User


def test_it_is_the_one_who_is_signed_in(alice: User) -> None:
    request = HttpRequest()
    request.user = alice

    assert acting(request) is alice


def test_nobody_acts_for_nobody() -> None:
    request = HttpRequest()
    request.user = AnonymousUser()

    with pytest.raises(TypeError):
        acting(request)
