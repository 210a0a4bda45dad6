"""Where mail goes: one address in the environment, read into what Django's mail settings are made of.

`smtps://user:password@mail.example:465?from=im@example.com&site=https://im.example.com`; `smtp` begins plainly and asks
for STARTTLS, unless `tls=off` says that nobody could listen in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from imsite.errors import SettingError
from imsite.phrases import phrase

EXAMPLE: Final = "smtps://user:password@host:465?from=im@example.com&site=https://im.example.com"
PORTS: Final = {"smtp": 587, "smtps": 465}
TIMEOUT_S: Final = 10
"""For the mail server to answer; nobody waits for it but the next mail."""


@dataclass(frozen=True)
class MailAddress:
    """A mail server, the sender, and the site that links in mails lead to."""

    host: str
    port: int
    user: str
    password: str
    is_tls: bool
    is_starttls: bool
    sender: str
    site: str


def parse_mail_url(url: str) -> MailAddress | None:
    """Return what `IM_EMAIL_URL` says; None where it says nothing. Raises SettingError."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        port = parts.port or PORTS[parts.scheme]
        site = options["site"].rstrip("/")
        if not parts.hostname or "@" not in options["from"] or urlsplit(site).scheme not in {"http", "https"}:
            raise ValueError
    except (ValueError, KeyError) as error:
        raise SettingError(phrase("IM_EMAIL_URL must be like {example}", example=EXAMPLE)) from error
    return MailAddress(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_tls=parts.scheme == "smtps",
        is_starttls=parts.scheme == "smtp" and options.get("tls") != "off",
        sender=options["from"],
        site=site,
    )
