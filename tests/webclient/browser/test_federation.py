"""A person's path through other parties: another installation of ours, a SAML provider, and Feishu.

The other installation and the SAML provider are real; Feishu is played as it documents itself.
"""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.webclient.browser.federation import Federation, federation
from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import Visitor, new_tab

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]

PATIENCE_MS = 60_000

Contexts = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def world(chromium: Browser, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw")
    with federation(site, tmp_path_factory.mktemp("federation"), worker) as running:
        yield running


def come(world: Federation, contexts: Contexts, login: str) -> Visitor:
    """In a browser of her own, with patience for two servers on a busy machine."""
    visitor = new_tab(contexts(), world.site.url, login)
    visitor.page.set_default_timeout(PATIENCE_MS)
    return visitor


def enter(page: Page, name: str, password: str) -> None:
    """Name and password, on whatever page asks for them."""
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(password)
    page.keyboard.press("Enter")


def press(page: Page, world: Federation, button: str, *, following: str = "") -> None:
    """Choose a way in on the sign-in page of the company, on the way to a page of the site."""
    page.goto(f"{world.door}&next={following}")
    page.get_by_role("link", name=button, exact=True).click()


def sign_out_here(visitor: Visitor) -> None:
    """Forget this site only; who she is there stays known there."""
    visitor.page.context.clear_cookies(domain="127.0.0.1")


def expect_name(visitor: Visitor, name: str) -> None:
    visitor.page.goto(f"{visitor.url}/accounts/")
    expect(visitor.page.get_by_text(name).first).to_be_visible()


def test_somebody_of_another_installation_comes_in_and_need_not_consent_again(
    world: Federation, contexts: Contexts
) -> None:
    visitor = come(world, contexts, "lin")

    press(visitor.page, world, "Partner")
    expect(visitor.page).to_have_url(re.compile(rf"^{world.issuer.url}/accounts/login/"))
    enter(visitor.page, "lin@partner", world.issuer.password)
    expect(visitor.page.locator("h1")).to_contain_text("海燕")
    visitor.page.get_by_role("button", name="Allow").click()
    visitor.wait_until_online()
    assert world.departments_of("林夏") == [world.department]

    sign_out_here(visitor)
    press(visitor.page, world, "Partner")

    visitor.wait_until_online()
    expect_name(visitor, "林夏")
    assert world.departments_of("林夏") == [world.department]
    visitor.expect_no_complaints()


def test_somebody_links_her_account_elsewhere_comes_in_by_it_and_takes_it_away(
    world: Federation, contexts: Contexts
) -> None:
    visitor = come(world, contexts, "chen@haiyan")
    page = visitor.sign_in(world.site.password).page

    page.goto(f"{world.site.url}/accounts/links/")
    page.locator(".thing", has_text="Partner").get_by_role("button", name="Link").click()
    enter(page, "mei@partner", world.issuer.password)
    page.get_by_role("button", name="Allow").click()
    expect(page).to_have_url(f"{world.site.url}/accounts/links/")
    expect(page.get_by_role("status")).to_contain_text("Partner")

    sign_out_here(visitor)
    press(page, world, "Partner")
    visitor.wait_until_online()
    expect_name(visitor, "陈晨")

    page.goto(f"{world.site.url}/accounts/links/")
    page.locator(".thing", has_text="Partner").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".thing", has_text="Partner").get_by_role("button", name="Link")).to_be_visible()
    assert world.departments_of("梅子") == []
    visitor.expect_no_complaints()


def test_somebody_comes_in_by_saml_though_cookies_do_not_come_along_from_there(
    world: Federation, contexts: Contexts
) -> None:
    visitor = come(world, contexts, "alice")

    press(visitor.page, world, "Company")
    expect(visitor.page.locator("h1")).to_have_text("Company sign-in")
    visitor.page.locator("#name").fill("alice")
    visitor.page.keyboard.press("Enter")

    visitor.wait_until_online()
    expect_name(visitor, "Alice")
    assert world.departments_of("Alice") == [world.department]
    visitor.expect_no_complaints()


def test_somebody_comes_in_by_feishu_and_gets_where_she_wanted(world: Federation, contexts: Contexts) -> None:
    world.feishu.userinfo = {"open_id": "ou-1", "name": "飞燕", "tenant_key": "t-1"}
    visitor = come(world, contexts, "feiyan")

    press(visitor.page, world, "Feishu", following="/accounts/links/")
    visitor.page.get_by_role("link", name="Agree").click()

    expect(visitor.page).to_have_url(f"{world.site.url}/accounts/links/")
    expect(visitor.page.locator(".thing", has_text="飞燕")).to_contain_text("Feishu")
    visitor.expect_no_complaints()
