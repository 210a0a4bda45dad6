"""Browsers and the site they visit. Without a Chromium these tests are skipped; CI installs one."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import Visitor, new_tab

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
EXPECT_TIMEOUT_MS = 15_000

Visit = Callable[..., Visitor]


def find_chromium() -> str | None:
    return os.environ.get("IM_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(tmp_path_factory.mktemp("site"), os.environ.get("PYTEST_XDIST_WORKER", "gw"))
    try:
        running.prepare()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser per module: Playwright keeps an event loop in this thread, and other modules need their own."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium found: install one or name it in IM_TEST_CHROMIUM")
    expect.set_options(timeout=EXPECT_TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers that know nothing of each other."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options})
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def visit(site: Site, contexts: Callable[..., BrowserContext]) -> Visit:
    """Signs somebody in, in a browser of her own."""

    def sign_in(login: str, **options: Any) -> Visitor:
        return new_tab(contexts(**options), site.url, login).sign_in(site.password)

    return sign_in


@pytest.fixture
def pair(site: Site) -> tuple[str, str]:
    """Two logins nobody else uses."""
    first, second = site.take_people(2)
    return first, second


def name_of(login: str) -> str:
    """The name that the seed gave to `p7@acme`."""
    return f"Person {int(login.split('@', maxsplit=1)[0].removeprefix('p')):02}"
