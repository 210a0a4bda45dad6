"""A company's directory at a real browser: set up, previewed and applied; then its people sign in. Others stay out."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.admin.browser.conftest import SLOW_MS, Administrator
from tests.identity.slapd import PASSWORD, PEOPLE, READER, READER_PASSWORD, Slapd, slapd

__all__ = ["slapd"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

Enter = Callable[..., Administrator]
ADD = "/admin/identity/connection/add/"
NAME = "总部目录"


def set_up(boss: Administrator, slapd: Slapd) -> None:
    """Make the connection and fill in what it needs, once wrongly."""
    boss.open(ADD)
    boss.page.locator("#id_kind").select_option("ldap")
    boss.page.locator("#id_name").fill(NAME)
    boss.save()
    boss.page.wait_for_url("**/change/")
    for field, text in {
        "servers": f"127.0.0.1:{slapd.port}",
        "bind_dn": READER,
        "people_base": PEOPLE,
        "people_filter": "(uid=user00*",
    }.items():
        boss.page.locator(f"#id_set_{field}").fill(text)
    boss.page.locator("#id_secret").fill(READER_PASSWORD)
    boss.page.locator("#id_set_security").select_option("plain")
    boss.page.locator("#id_set_departments").select_option("none")
    boss.page.locator("#id_provisioning").select_option("create")
    boss.page.locator("#id_is_active").check()
    boss.choose("id_department", boss.department("Store"))
    go_on(boss)
    expect(boss.page.locator("body")).to_contain_text("This is no filter")
    boss.page.locator("#id_set_people_filter").fill("(uid=user00*)")
    boss.page.locator("#id_secret").fill(READER_PASSWORD)  # no page sends a password back
    go_on(boss)


def go_on(boss: Administrator) -> None:
    """Store it, and stay on its page."""
    with boss.page.expect_navigation():
        boss.page.locator("button[name=_continue], input[name=_continue]").first.click()


def press(boss: Administrator, name: str) -> None:
    with boss.page.expect_navigation():
        boss.page.get_by_role("button", name=name, exact=True).click()


def test_a_directory_is_set_up_previewed_and_applied_and_its_people_sign_in(
    enter: Enter,
    contexts: Callable[..., BrowserContext],
    slapd: Slapd,
) -> None:
    boss = enter("tenant")
    state, changes = boss.page.locator("#run-state"), boss.page.locator(".run-changes")

    set_up(boss, slapd)
    page = boss.page.url
    press(boss, "Test the connection")
    expect(boss.page.locator("body")).to_contain_text("10 people found")
    boss.photograph("tenant-directory")

    press(boss, "Preview")
    expect(state).to_have_attribute("data-state", "previewed", timeout=SLOW_MS)
    expect(changes.first).to_contain_text("user003")
    boss.photograph("tenant-directory-preview")
    shown = boss.page.url
    press(boss, "Apply exactly this")
    expect(state).to_have_attribute("data-state", "applied", timeout=SLOW_MS)
    expect(boss.page.locator("#run-done")).to_contain_text("Done: 20 of 20.")
    boss.open("/admin/accounts/user/?q=user003")
    expect(boss.page.locator("#result_list")).to_contain_text("员工003")

    person = contexts().new_page()
    sign_in(person, boss.site.url, "not hers")
    expect(person.locator("#id_password")).to_be_visible()
    sign_in(person, boss.site.url, PASSWORD)
    person.wait_for_url("**/chat/**")
    person.goto(f"{boss.site.url}/accounts/")
    expect(person.locator("body")).to_contain_text("员工003")

    lead = enter("organisation")
    for path in (shown, page):
        assert lead.open(path.removeprefix(boss.site.url)) in {403, 404}
    assert lead.open("/admin/identity/directoryrun/") == 403
    boss.expect_no_complaints()


def sign_in(person: Page, address: str, password: str) -> None:
    person.goto(f"{address}/accounts/login/")
    person.locator("#id_username").fill("user003@acme")
    person.locator("#id_password").fill(password)
    person.keyboard.press("Enter")
    person.wait_for_load_state()
