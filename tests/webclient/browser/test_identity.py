"""Signing in with more than a password, and looking after one's terminals, as people do it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.webclient.browser.conftest import Visit
from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import new_tab

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]


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
