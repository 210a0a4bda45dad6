"""A site with the admin's small world, and administrators at browsers."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from imsite.env import ROOT
from tests.conftest import PASSWORD
from tests.databases import make_database
from tests.webclient.browser.conftest import chromium, contexts
from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import RECORD_VIOLATIONS

__all__ = ["chromium", "contexts"]

SCREENSHOTS = ROOT / "docs" / "screenshots"
SLOW_MS = 120_000
"""How long a page may take on a machine that does other things at the same time."""


class AdminSite(Site):
    """The same node, with other people in it."""

    def prepare(self) -> None:
        self.password = PASSWORD
        make_database(self._database)
        self.made: dict[str, dict[str, str]] = json.loads(self._run("-m", "tests.admin.browser.seed"))
        self.start()


class Administrator:
    """Somebody at the admin, in one tab."""

    def __init__(self, page: Page, site: AdminSite, level: str) -> None:
        self.page = page
        self.site = site
        self.complaints: list[str] = []
        page.set_default_timeout(SLOW_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.add_init_script(RECORD_VIOLATIONS)
        self.open("/admin/")
        page.locator("#id_username").fill(site.made["logins"][level])
        page.locator("#id_password").fill(site.password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site.url}/admin/")  # the sign-in page ends in "?next=/admin/"

    def open(self, path: str) -> int:
        """Go there; return the status of the answer."""
        answer = self.page.goto(f"{self.site.url}{path}")
        assert answer is not None
        return answer.status

    def department(self, name: str) -> str:
        return self.site.made["departments"][name]

    def person(self, place: str) -> str:
        return self.site.made["people"][place]

    def save(self) -> None:
        with self.page.expect_navigation():
            self.page.locator("button[name=_save], input[name=_save]").first.click()

    def choose(self, field: str, key: str) -> None:
        """Put a value into a field that searches as one types: what a forger does in the page's own form."""
        self.page.evaluate(
            """([field, key]) => {
              const select = document.getElementById(field);
              select.append(new Option(key, key, true, true));
              select.value = key;
            }""",
            [field, key],
        )

    def photograph(self, name: str) -> None:
        """Take the guide's picture, when asked to by IM_TEST_SCREENSHOTS; pictures differ by machine."""
        if os.environ.get("IM_TEST_SCREENSHOTS"):
            self.page.screenshot(path=Path(SCREENSHOTS, f"{name}.png"))

    def expect_no_complaints(self) -> None:
        assert self.complaints == []
        assert self.page.evaluate("window.violations") == []


@pytest.fixture(scope="session")
def admin_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminSite]:
    running = AdminSite(tmp_path_factory.mktemp("admin"), f"admin_{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}")
    try:
        running.prepare()
        yield running
    finally:
        running.close()


@pytest.fixture
def enter(admin_site: AdminSite, contexts: Callable[..., BrowserContext]) -> Callable[..., Administrator]:
    """Sign an administrator in, in a browser of her own."""

    def sign_in(level: str, **options: Any) -> Administrator:
        return Administrator(contexts(**options).new_page(), admin_site, level)

    return sign_in
