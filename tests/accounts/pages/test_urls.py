import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/accounts/", "/accounts/terminals/"])
def test_nobody_sees_a_page_without_a_sign_in(client: Client, db: None, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/terminals/others/revoke/",
        "/accounts/terminals/00000000-0000-4000-8000-000000000000/revoke/",
        "/accounts/terminals/00000000-0000-4000-8000-000000000000/rename/",
    ],
)
def test_what_changes_something_is_no_link_and_takes_a_token_of_the_page(db: None, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.get(path).status_code == 405
    assert strict.post(path).status_code == 403
