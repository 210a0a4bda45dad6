"""Signing in with more than a password, and looking after one's terminals, as people do it."""

import base64
import hashlib
import json
import secrets
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.webclient.browser.conftest import Visit
from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import new_tab

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]


class Planner:
    """A program of somebody else, which waits for people on its own port, as one on their machines does."""

    def __init__(self, site: Site) -> None:
        self._verifier = secrets.token_urlsafe(48)
        self._token_url = f"{site.url}/oauth/token/"
        self._client = site.logins["clients"][0]
        self._server = HTTPServer(("127.0.0.1", 0), _Thanks)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.callback = f"http://127.0.0.1:{self._server.server_port}/callback"
        digest = hashlib.sha256(self._verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self.callback,
            "scope": "openid profile",
            "state": "s-1",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        self.address = f"{site.url}/oauth/authorize/?{urlencode(asked)}"

    def redeem(self, landed: str) -> dict[str, str]:
        """Exchange the code in the address where the browser landed; return what came for it."""
        fields = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(landed).query)["code"][0],
            "redirect_uri": self.callback,
            "client_id": self._client,
            "code_verifier": self._verifier,
        }
        with urllib.request.urlopen(self._token_url, urlencode(fields).encode(), timeout=30) as answer:
            answered: dict[str, str] = json.load(answer)
        return answered

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Thanks(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Planner</title>Thank you.")

    def log_message(self, *args: Any) -> None:
        """Tests print nothing."""


@pytest.fixture
def planner(site: Site) -> Iterator[Planner]:
    running = Planner(site)
    yield running
    running.close()


def enter(page: Page, site: Site, login: str) -> None:
    """Name and password, on whatever page asks for them."""
    page.locator("#id_username").fill(login)
    page.locator("#id_password").fill(site.password)
    page.keyboard.press("Enter")


def set_up_codes(page: Page, site: Site, login: str) -> pyotp.TOTP:
    """Add an authenticator app to the account, by the pages; return the app."""
    page.goto(f"{site.url}/accounts/factors/codes/")
    enter(page, site, login)
    app = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    page.locator("#id_code").fill(app.now())
    page.keyboard.press("Enter")
    expect(page.locator("#codes li")).to_have_count(10)
    return app


@pytest.mark.parametrize(("locale", "heading"), [("en-GB", "One more"), ("zh-CN", "还差一步验证")])
def test_password_and_code_lead_into_the_chat_in_both_languages(
    site: Site, contexts: Contexts, locale: str, heading: str
) -> None:
    [login] = site.take_people(1)
    page = contexts(locale=locale).new_page()
    app = set_up_codes(page, site, login)
    visitor = new_tab(contexts(locale=locale), site.url, login)

    visitor.page.goto(site.url)
    enter(visitor.page, site, login)
    expect(visitor.page.locator("h1")).to_contain_text(heading)
    visitor.page.locator("#id_code").fill("000000")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(".errorlist, [role=alert]").first).to_be_visible()
    # A code is good once, and so is the time step it is of: this is the code of the next one.
    visitor.page.locator("#id_code").fill(app.at(datetime.now(UTC) + timedelta(seconds=app.interval)))
    visitor.page.keyboard.press("Enter")

    visitor.wait_until_online()
    visitor.expect_no_complaints()


def test_a_terminal_that_is_revoked_on_the_page_closes_and_says_so(site: Site, visit: Visit) -> None:
    [login] = site.take_people(1)
    here, lost = visit(login), visit(login)

    here.page.get_by_role("button", name="Profile and settings").click()
    here.page.get_by_role("link", name="Account and security").click()
    here.page.get_by_role("link", name="Terminals").first.click()
    rows = here.page.locator("[data-terminal]")
    expect(rows).to_have_count(2)
    expect(here.page.locator("[data-here]:visible")).to_have_count(1)
    here.page.get_by_role("button", name="Sign all other terminals out").click()
    here.page.get_by_role("button", name="Sign the others out").click()

    expect(rows).to_have_count(1)
    expect(here.page.get_by_role("status")).to_contain_text("1 terminal is signed out")
    expect(lost.page.locator(".status-bar[data-state=stopped]")).to_contain_text("signed out")
    here.page.get_by_role("link", name="Back to the chat").click()
    here.wait_until_online()
    here.expect_no_complaints()


def test_a_question_that_is_answered_with_no_changes_nothing(site: Site, visit: Visit) -> None:
    [login] = site.take_people(1)
    here = visit(login)

    here.page.goto(f"{site.url}/accounts/terminals/")
    here.page.locator("[data-terminal]").get_by_role("button", name="Sign out").click()
    here.page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(here.page.get_by_role("dialog")).not_to_be_visible()
    here.page.reload()

    expect(here.page.locator("[data-terminal]")).to_have_count(1)
    here.page.get_by_text("Rename").click()
    here.page.get_by_label("Name of the terminal").fill("Desk")
    here.page.keyboard.press("Enter")
    expect(here.page.locator("[data-terminal] strong")).to_have_text("Desk")
    here.expect_no_complaints()


def test_a_program_is_allowed_to_act_and_forbidden_again(site: Site, contexts: Contexts, planner: Planner) -> None:
    [login] = site.take_people(1)
    page = contexts().new_page()

    page.goto(planner.address)
    enter(page, site, login)
    expect(page.locator("h1")).to_contain_text("Planner")
    expect(page.locator(".may li").first).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{planner.callback}?**")
    assert parse_qs(urlsplit(page.url).query)["state"] == ["s-1"]
    assert planner.redeem(page.url)["scope"].split() == ["openid", "profile"]

    page.goto(f"{site.url}/accounts/programs/")
    expect(page.locator(".thing")).to_contain_text("Planner")
    page.get_by_role("button", name="Take back").click()
    page.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(page.locator(".thing")).to_have_count(0)


def test_who_refuses_leads_back_without_a_code(site: Site, contexts: Contexts, planner: Planner) -> None:
    [login] = site.take_people(1)
    page = contexts().new_page()

    page.goto(planner.address)
    enter(page, site, login)
    page.get_by_role("button", name="Refuse").click()

    page.wait_for_url(f"{planner.callback}?**")
    answered = parse_qs(urlsplit(page.url).query)
    assert answered["error"] == ["access_denied"]
    assert "code" not in answered
