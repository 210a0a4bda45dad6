"""The OAuth2 clients that come with imsite."""

import pytest
from oauth2_provider.models import get_application_model
from pytest_django import DjangoAssertNumQueries, Settings

from apps.accounts.services.applications import ensure_applications

pytestmark = pytest.mark.django_db


def test_a_migrated_database_has_both() -> None:
    clients = {row.client_id: row for row in get_application_model().objects.all()}

    assert clients["imsite-web"].authorization_grant_type == "authorization-code"
    assert clients["imsite-web"].skip_authorization
    assert clients["imsite-cli"].authorization_grant_type == "password"
    assert {row.client_type for row in clients.values()} == {"public"}


def test_nothing_to_do_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ensure_applications()

    with django_assert_num_queries(1):
        ensure_applications()


def test_the_callback_follows_the_port(settings: Settings) -> None:
    settings.IM_HTTP_PORT = 18499

    ensure_applications()

    web = get_application_model().objects.get(client_id="imsite-web")
    assert web.redirect_uris.split() == [
        "http://127.0.0.1:18499/chat/callback",
        "http://localhost:18499/chat/callback",
    ]


def test_a_client_that_was_tampered_with_is_set_right() -> None:
    get_application_model().objects.filter(client_id="imsite-web").update(client_type="confidential")

    ensure_applications()

    assert get_application_model().objects.get(client_id="imsite-web").client_type == "public"
