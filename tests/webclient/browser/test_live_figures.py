"""The live page of the admin in a real browser: cards fill, lines are drawn, in both languages, and trouble is said."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from imsite.operating.figures import FIGURES
from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import RECORD_VIOLATIONS

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]


def open_page(site: Site, contexts: Contexts, **options: object) -> tuple[Page, list[str]]:
    """The page as an administrator sees it who has just signed in, and what the browser complains about."""
    page = contexts(**options).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script(RECORD_VIOLATIONS)
    page.goto(f"{site.url}/admin/monitor/")
    page.locator("#id_username").fill(site.logins["operators"][0])
    page.locator("#id_password").fill(site.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/monitor/")
    return page, complaints


def test_figures_come_by_themselves_and_are_drawn(site: Site, contexts: Contexts) -> None:
    page, complaints = open_page(site, contexts)

    expect(page.locator('[data-key="memory"] [data-value]')).to_have_text(re.compile(r"[1-9][0-9]"))
    expect(page.locator('[data-key="lag_mean"] [data-value]')).to_have_text(re.compile(r"[0-9]"))
    memory = page.locator("section", has=page.locator('[data-key="memory"]'))
    expect(memory.locator("path.monitor-line-0")).to_have_attribute("d", re.compile(r"M[0-9.]+ [0-9.]+L"))
    assert page.locator("section[data-card]").count() == len(FIGURES)
    assert page.locator("#monitor-problem").is_hidden()
    assert complaints == []
    assert page.evaluate("window.violations") == []


def test_the_pointer_reads_what_was(site: Site, contexts: Contexts) -> None:
    page, _ = open_page(site, contexts)
    expect(page.locator('[data-key="memory"] [data-value]')).to_have_text(re.compile(r"[1-9]"))
    chart = page.locator("section", has=page.locator('[data-key="memory"]')).locator("svg")

    chart.hover(position={"x": 5, "y": 10})
    expect(chart.locator("[data-cursor]")).to_have_attribute("x1", re.compile(r"[0-9]"))
    expect(chart.locator("[data-cursor]")).not_to_have_css("display", "none")
    page.mouse.move(0, 0)

    expect(chart.locator("[data-cursor]")).to_have_css("display", "none")


def test_it_is_chinese_for_who_reads_chinese(site: Site, contexts: Contexts) -> None:
    page, complaints = open_page(site, contexts, locale="zh-CN")

    expect(page.locator("h2", has_text="事件循环延迟")).to_be_visible()
    expect(page.locator('[data-key="memory"] [data-value]')).to_have_text(re.compile(r"[1-9]"))
    assert complaints == []


def test_a_node_that_hangs_is_said_to_and_forgiven(site: Site, contexts: Contexts) -> None:
    page, _ = open_page(site, contexts)
    expect(page.locator('[data-key="memory"] [data-value]')).to_have_text(re.compile(r"[1-9]"))

    page.context.set_offline(True)
    expect(page.locator("#monitor-problem")).to_contain_text("does not answer")
    page.context.set_offline(False)

    expect(page.locator("#monitor-problem")).to_be_hidden()
