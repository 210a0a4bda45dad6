"""Where mail goes: one address, or one clear line of what is wrong with it."""

import pytest

from imsite.env import Environment
from imsite.errors import SettingError
from imsite.mailing import MailAddress, parse_mail_url

WHERE = "from=im@example.com&site=https://im.example.com/"


def test_none_is_none() -> None:
    assert Environment({}).mail is None


def test_all_parts_are_read() -> None:
    found = parse_mail_url(f"smtps://im%40example.com:p%3Aw@mail.example:2465?{WHERE}")

    assert found == MailAddress(
        host="mail.example",
        port=2465,
        user="im@example.com",
        password="p:w",
        is_tls=True,
        is_starttls=False,
        sender="im@example.com",
        site="https://im.example.com",
    )


@pytest.mark.parametrize(("url", "port", "is_starttls"), [("smtp://m?", 587, True), ("smtp://m?tls=off&", 587, False)])
def test_plain_smtp_asks_for_tls_unless_told_not_to(url: str, port: int, is_starttls: bool) -> None:
    found = parse_mail_url(url + WHERE)

    assert found is not None
    assert (found.port, found.is_tls, found.is_starttls) == (port, False, is_starttls)


@pytest.mark.parametrize(
    "url",
    ["mail.example", f"http://m?{WHERE}", f"smtp://?{WHERE}", "smtp://m?from=im@example.com", "smtp://m:x?" + WHERE,
     "smtp://m?from=im&site=https://x", "smtp://m?from=im@x&site=im.example.com"],
)  # fmt: skip
def test_anything_else_names_the_variable(url: str) -> None:
    with pytest.raises(SettingError, match="IM_EMAIL_URL"):
        _ = Environment({"IM_EMAIL_URL": url}).mail
