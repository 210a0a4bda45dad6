"""The admin's door opens to whoever has a power, and its first page shows what she has."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from apps.access.models import Grant
from apps.accounts.models import User
from tests.accounts.factors import code_now, enter, with_codes
from tests.admin.conftest import admin_pages, grant, helper, helper_pages, root

__all__ = ["admin_pages", "grant", "helper", "helper_pages", "root"]

INDEX = "admin:index"


def test_an_empty_installation_has_an_overview_too(admin_pages: Client) -> None:
    overview = admin_pages.get(reverse(INDEX)).context["overview"]

    values = {figure.label: figure.value for group in overview.groups for figure in group.figures}
    assert values["Events in all logs"] == "0"
    assert [place.text for place in overview.places] == ["the whole system"]


def test_the_door_opens_as_long_as_the_power_lasts(
    helper: User, helper_pages: Client, grant: Callable[..., None]
) -> None:
    before = helper_pages.get(reverse(INDEX)).status_code
    grant(helper, "accounts.terminals.view")
    during = helper_pages.get(reverse(INDEX)).status_code
    Grant.unscoped.all().delete()

    assert (before, during, helper_pages.get(reverse(INDEX)).status_code) == (302, 200, 302)


def test_changing_ones_own_password_is_the_account_centres_business(admin_pages: Client) -> None:
    assert admin_pages.get(reverse("admin:password_change")).headers["Location"] == reverse("account-password")


class TestDoor:
    """The one door of the site: whoever has powers comes back from there."""

    def test_leads_to_the_sites_own(self, db: None) -> None:
        answer = Client().get(f"{reverse('admin:login')}?next=/admin/access/")

        assert answer.headers["Location"] == "/accounts/login/?next=%2Fadmin%2Faccess%2F"

    def test_lets_administrators_in_by_a_second_factor(self, root: User) -> None:
        secret = with_codes(root)
        client = Client()

        assert enter(client, root, following="/admin/") == "/accounts/second-factor/"
        assert client.get(reverse(INDEX)).status_code == 302
        client.post("/accounts/second-factor/", {"code": code_now(secret)})

        assert client.get(reverse(INDEX)).status_code == 200

    def test_tells_who_has_no_powers(self, helper: User) -> None:
        client = Client()
        enter(client, helper)

        page = client.get(reverse(INDEX), follow=True)

        assert page.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
        assert "may not open the admin" in page.content.decode()

    def test_is_passed_by_who_is_in_already(self, admin_pages: Client) -> None:
        assert admin_pages.get(reverse("admin:login")).headers["Location"] == reverse(INDEX)
