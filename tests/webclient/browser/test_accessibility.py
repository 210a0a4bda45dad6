"""Pages as people meet them who hear them read, see little contrast or use no mouse: what axe-core finds wrong.

Held to WCAG 2.1 A and AA, in the light and the dark theme. What the admin's theme brings along by itself is listed, so
that it neither grows nor hides something of ours.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.webclient.browser.conftest import Visit
from tests.webclient.browser.site import Site

pytestmark = pytest.mark.browser

RULES: Final = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
}
Seen = dict[str, dict[str, list[str]]]
"""The elements in somebody's way, by page with theme, and rule."""

THEMES: Final[dict[Any, dict[str, Any]]] = {
    "light": RULES,
    "dark": {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast"]}},
}
"""What is looked for in each: the dark one has the same elements in other colours."""

OPEN: Final = ("/accounts/login/", "/accounts/login/?tenant=nobody", "/accounts/reset/", "/nowhere")
OWN: Final = tuple(
    f"/accounts/{page}"
    for page in ("", "password/", "factors/", "factors/codes/", "terminals/", "programs/", "links/", "confirm/")
)
ADMIN: Final = (
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/accounts/registration/add/",
    "/admin/orgs/tree/",
)
THEIRS: Final = {"aria-input-field-name": 4}
"""What comes with the admin's theme: rule, and of how many elements of one page at most. Fields that search as one
types (select2) name themselves by what is chosen, so that empty ones have no name; each of two fields counts twice."""
SETTLED: Final = "Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)))"


def barriers(page: Page, rules: dict[str, Any]) -> dict[str, list[str]]:
    """Return the elements that stand in somebody's way seriously, by rule."""
    found: list[dict[str, Any]] = Axe().run(page, options=rules).response["violations"]
    return {
        each["id"]: [node["html"][:200] for node in each["nodes"]]
        for each in found
        if each["impact"] in {"serious", "critical"}
    }


def barriers_at(page: Page, url: str) -> Seen:
    """Go there; to be led elsewhere would be to look at the wrong page."""
    page.goto(url)
    assert page.url == url
    return barriers_in_both_themes(page)


def barriers_in_both_themes(page: Page) -> Seen:
    seen: Seen = {}
    for theme, rules in THEMES.items():
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.evaluate(SETTLED)  # colours glide into the other theme, and are neither on the way
        if found := barriers(page, rules):
            seen[f"{page.url} {theme}"] = found
    return seen


def test_whoever_stands_at_the_door_meets_no_barriers(site: Site, contexts: Callable[..., BrowserContext]) -> None:
    page = contexts().new_page()
    seen: Seen = {}

    for path in OPEN:
        seen |= barriers_at(page, f"{site.url}{path}")

    assert seen == {}


def test_nor_does_she_in_the_chat_and_on_the_pages_of_her_account(visit: Visit, site: Site) -> None:
    page = visit(site.logins["colleagues"][0]).page
    seen = barriers_in_both_themes(page)

    page.get_by_role("button", name="Contacts").first.click()
    page.locator(".entry", has_text="瀚海科技有限公司").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("瀚海科技有限公司")
    seen |= barriers_in_both_themes(page)
    for path in OWN:
        seen |= barriers_at(page, f"{site.url}{path}")

    assert seen == {}


def test_nor_do_administrators_but_for_what_their_theme_brings_along(visit: Visit, site: Site) -> None:
    page = visit(site.logins["operators"][0]).page
    seen: Seen = {}

    for path in ADMIN:
        seen |= barriers_at(page, f"{site.url}{path}")

    ours = {
        where: {rule: nodes for rule, nodes in found.items() if len(nodes) > THEIRS.get(rule, 0)}
        for where, found in seen.items()
    }
    assert {where: found for where, found in ours.items() if found} == {}
