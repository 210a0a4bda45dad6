"""Addresses of the site that belong to no app."""

import pytest
from django.test import Client


def test_the_front_page_is_the_chat(client: Client) -> None:
    response = client.get("/")

    assert response.status_code == 302
    assert response.headers["Location"] == "/chat/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/chat/", 200),
        ("/accounts/login/", 200),
        ("/admin/", 302),
        ("/api/docs/", 200),
        ("/api/schema/", 200),
        ("/api/v1/me", 401),
        ("/nowhere", 404),
    ],
)
def test_every_area_answers_strangers_as_it_should(client: Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status
