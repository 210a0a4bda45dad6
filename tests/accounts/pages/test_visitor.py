import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from apps.accounts.models import User
from apps.accounts.pages.visitor import visitor_of
from tests.accounts.factors import enter


def test_the_visitor_is_who_is_signed_in(alice: User) -> None:
    request = RequestFactory().get("/accounts/")
    request.user = alice

    assert visitor_of(request) is alice


def test_a_page_that_forgot_to_ask_for_a_sign_in_fails(db: None) -> None:
    request = RequestFactory().get("/accounts/")
    request.user = AnonymousUser()

    with pytest.raises(AssertionError):
        visitor_of(request)


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("factors/codes/remove/", "factors/"),
        ("factors/recovery/", "factors/"),
        ("factors/passkeys/00000000-0000-4000-8000-000000000000/remove/", "factors/"),
        ("programs/7/withdraw/", "programs/"),
        ("terminals/others/revoke/", "terminals/"),
        ("terminals/00000000-0000-4000-8000-000000000000/rename/", "terminals/"),
        ("terminals/00000000-0000-4000-8000-000000000000/revoke/", "terminals/"),
        ("links/00000000-0000-4000-8000-000000000000/add/", "links/"),
        ("links/00000000-0000-4000-8000-000000000000/remove/", "links/"),
    ],
)
def test_who_was_signed_out_meanwhile_comes_back_to_the_page_of_the_form(
    client: Client, alice: User, form: str, page: str
) -> None:
    answer = client.post(f"/accounts/{form}", follow=True)

    assert answer.redirect_chain == [(f"/accounts/login/?next=/accounts/{page}", 302)]
    assert "do it once more" in answer.content.decode()
    assert enter(client, alice, following=f"/accounts/{page}") == f"/accounts/{page}"
    assert client.get(f"/accounts/{page}").status_code == 200
