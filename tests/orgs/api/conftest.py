"""The company of the exchange's tests, and clients of its administrators."""

import pytest

from apps.accounts.models import User
from tests.orgs.exchange.conftest import boss, head, make, organisation, rd, root, sales
from tests.rest_client import RestClient, signed_in

__all__ = ["boss", "head", "make", "organisation", "rd", "root", "sales"]


@pytest.fixture
def client(boss: User) -> RestClient:
    """Of somebody who administers the tenant."""
    return signed_in(boss)


@pytest.fixture
def below(head: User) -> RestClient:
    """Of somebody who administers R&D alone."""
    return signed_in(head)


@pytest.fixture
def stranger(eve: User) -> RestClient:
    """Of somebody of another company."""
    return signed_in(eve)
