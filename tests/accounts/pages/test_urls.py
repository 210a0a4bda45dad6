import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/accounts/"])
def test_nobody_sees_a_page_without_a_sign_in(client: Client, db: None, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={path}"

