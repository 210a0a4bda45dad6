import pytest
from django.test import Client

from apps.accounts.models import User


@pytest.mark.parametrize(("language", "words"), [("en", "What happened lately"), ("zh-hans", "近期动态")])
def test_the_overview_tells_who_one_is_in_both_languages(
    client: Client, alice: User, language: str, words: str
) -> None:
    client.force_login(alice)

    response = client.get("/accounts/", headers={"accept-language": language})

    page = response.content.decode()
    assert alice.login in page
    assert words in page
    assert "no-store" in response["Cache-Control"]


def test_a_name_is_text_on_the_page(client: Client, alice: User) -> None:
    User.unscoped.filter(pk=alice.pk).update(display_name="<b>Ally</b>")
    client.force_login(alice)

    page = client.get("/accounts/").content.decode()

    assert "&lt;b&gt;Ally" in page
    assert "<b>Ally" not in page
