"""What belongs to a person is where she is; what belongs to nobody is the system's."""

import pytest
from oauth2_provider.models import get_access_token_model

from apps.access.locators import locator_of
from apps.access.scopes import SYSTEM, tenant_scope
from apps.accounts.locators import OwnerLocator
from apps.accounts.models import User
from tests.admin.conftest import make_tokens

Token = get_access_token_model()


@pytest.fixture
def tokens(alice: User, eve: User) -> None:
    make_tokens(alice, "a")
    make_tokens(eve, "e")
    row = Token.objects.get(user=eve)
    Token.objects.create(application=row.application, token="nobody", expires=row.expires)


@pytest.mark.usefixtures("tokens")
def test_rows_are_within_where_their_people_are(alice: User) -> None:
    locator = locator_of(Token)

    assert locator == OwnerLocator()
    assert [row.user for row in Token.objects.filter(locator.within([tenant_scope(alice.tenant_id)]))] == [alice]
    assert Token.objects.filter(locator.within([SYSTEM])).count() == 3
    assert not Token.objects.filter(locator.within([])).exists()


@pytest.mark.usefixtures("tokens")
def test_a_row_lies_where_its_owner_is(alice: User) -> None:
    locator = locator_of(Token)

    assert locator.scopes_of(Token.objects.get(user=alice)) == (tenant_scope(alice.tenant_id),)
    assert locator.scopes_of(Token.objects.get(user=None)) == (SYSTEM,)
