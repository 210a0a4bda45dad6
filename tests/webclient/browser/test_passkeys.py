"""Passkeys in Chromium, with its virtual authenticator: added on one's page, then used instead of a password."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import RECORD_VIOLATIONS

pytestmark = pytest.mark.browser

SLOW_MS = 120_000
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(contexts: Callable[..., BrowserContext]) -> Page:
    """A tab of a browser with an authenticator of its own."""
    opened = contexts().new_page()
    opened.set_default_timeout(SLOW_MS)
    opened.add_init_script(RECORD_VIOLATIONS)
    session = opened.context.new_cdp_session(opened)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return opened


def test_a_passkey_is_added_and_then_takes_the_place_of_the_password(page: Page, site: Site) -> None:
    origin = f"http://localhost:{site.http_port}"  # an address of numbers can't have passkeys
    (login,) = site.take_people(1)
    page.goto(f"{origin}/accounts/login/?next=/accounts/factors/")
    page.locator("#id_username").fill(login)
    page.locator("#id_password").fill(site.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/factors/")

    page.locator("[data-passkey-name]").fill("Laptop")
    page.locator("[data-passkey=register]").click()
    expect(page.locator(".thing", has_text="Laptop")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{origin}/accounts/login/?next=/accounts/factors/")
    page.locator("[data-passkey=sign_in]").click()

    expect(page.locator(".thing", has_text="Laptop")).to_be_visible()
    assert page.url == f"{origin}/accounts/factors/"
    assert page.evaluate("window.violations") == []
