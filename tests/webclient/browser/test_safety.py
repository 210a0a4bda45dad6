"""Text of others is text: nothing that people write becomes markup, script or a dangerous link."""

import pytest
from playwright.sync_api import expect

from tests.webclient.browser.conftest import Visit, name_of
from tests.webclient.browser.seed import ATTACK, HOSTILE_NAME, HOSTILE_TITLE
from tests.webclient.browser.site import Site

pytestmark = pytest.mark.browser

FOREIGN = "#root img, #root script, #root b, #root iframe, #root [onerror], #root [onload], #root [onmouseover]"
MARKUP = f"document.querySelectorAll('{FOREIGN}').length"


def test_hostile_names_titles_and_messages_stay_text(visit: Visit, site: Site) -> None:
    victim = visit(site.logins["hostile"][1])

    victim.open_conversation(HOSTILE_TITLE)
    expect(victim.page.locator(".message")).to_have_count(8)
    victim.page.get_by_role("button", name="Group details").click()
    expect(victim.page.locator(".member-name").first).to_have_text(HOSTILE_NAME)

    expect(victim.texts.first).to_have_text(ATTACK.format("text"))
    expect(victim.page.locator(".sender").first).to_have_text(HOSTILE_NAME)
    assert victim.page.evaluate(MARKUP) == 0
    assert victim.page.evaluate("window.pwned") is None
    victim.expect_no_complaints()


def test_only_web_addresses_are_links_and_they_open_apart(visit: Visit, site: Site) -> None:
    victim = visit(site.logins["hostile"][1])
    victim.open_conversation(HOSTILE_TITLE)
    links = victim.page.locator(".messages a")
    expect(links).to_have_count(2)

    assert [link.get_attribute("href") for link in links.all()] == ["https://evil.test/", "https://good.test/page"]
    for link in links.all():
        assert link.get_attribute("target") == "_blank"
        assert "noopener" in (link.get_attribute("rel") or "")
        assert link.get_attribute("onmouseover") is None


def test_what_is_typed_stays_text_for_both_sides(visit: Visit, pair: tuple[str, str]) -> None:
    alice, bob = visit(pair[0]), visit(pair[1])
    attack = ATTACK.format("typed")
    alice.start_direct(name_of(pair[1]))

    alice.send(attack)
    expect(bob.row(name_of(pair[0])).locator(".row-preview")).to_have_text(attack)
    bob.open_conversation(name_of(pair[0]))

    for visitor in (alice, bob):
        visitor.expect_texts([attack])
        assert visitor.page.evaluate(MARKUP) == 0
        assert visitor.page.evaluate("window.pwned") is None
        visitor.expect_no_complaints()


def test_the_policy_stops_markup_and_inline_script_even_if_a_bug_let_them_in(
    visit: Visit, pair: tuple[str, str]
) -> None:
    alice = visit(pair[0])

    refused = alice.page.evaluate(
        """() => {
          try { document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.pwned=1'>"); return false; }
          catch (error) { return error instanceof TypeError; }
        }"""
    )
    alice.page.evaluate(
        """() => {
          const image = document.createElement("img");
          image.setAttribute("src", "https://evil.test/x.png");
          document.body.append(image);
        }"""
    )
    expect(alice.page.locator("body > img")).to_be_attached()
    alice.page.wait_for_function("window.violations.some((text) => text.startsWith('img-src'))")

    assert refused
    assert alice.page.evaluate("window.pwned") is None
