"""Two and more people chat in real browsers over a real node."""

import re

import pytest
from playwright.sync_api import expect

from tests.webclient.browser.conftest import Visit, name_of
from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import new_tab

pytestmark = pytest.mark.browser


def test_two_people_chat_both_ways(visit: Visit, pair: tuple[str, str]) -> None:
    alice, bob = visit(pair[0]), visit(pair[1])

    alice.start_direct(name_of(pair[1]))
    alice.send("Hello!")
    expect(bob.row(name_of(pair[0])).locator(".badge")).to_have_text("1")
    expect(bob.page).to_have_title(re.compile(r"^\(1\) "))
    bob.open_conversation(name_of(pair[0]))
    bob.send("Hi, how are you?\nSecond line")
    alice.send("Fine 你好")

    for visitor in (alice, bob):
        visitor.expect_texts(["Hello!", "Hi, how are you?\nSecond line", "Fine 你好"])
        visitor.expect_no_complaints()
    expect(bob.row(name_of(pair[0])).locator(".badge")).to_have_count(0)


def test_the_mark_of_a_message_goes_from_sending_to_read(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice = visit(pair[0])
    alice.start_direct(name_of(pair[1]))

    site.freeze()
    try:
        alice.send("watch me")
        alice.expect_mark("watch me", "sending")
    finally:
        site.thaw()
    alice.expect_mark("watch me", "sent")
    bob = visit(pair[1])
    alice.expect_mark("watch me", "delivered")
    bob.open_conversation(name_of(pair[0]))

    alice.expect_mark("watch me", "read")


def test_a_group_is_made_renamed_and_left(visit: Visit, site: Site) -> None:
    logins = site.take_people(4)
    names = [name_of(login) for login in logins]
    owner, second, third = (visit(login) for login in logins[:3])

    owner.start_group("Launch team", *names[1:3])
    owner.send("Welcome")
    second.open_conversation("Launch team")
    expect(second.page.locator(".sender")).to_have_text(names[0])
    expect(owner.mark_of("Welcome")).to_have_attribute("aria-label", "Read by 1 of 2")
    third.open_conversation("Launch team")
    expect(owner.mark_of("Welcome")).to_have_attribute("aria-label", "Read by 2 of 2")

    owner.page.get_by_role("button", name="Group details").click()
    owner.page.get_by_role("button", name="Rename").click()
    owner.page.get_by_role("textbox", name="Group name").fill("Rocket team")
    owner.page.get_by_role("button", name="Save").click()
    second.expect_title("Rocket team")
    expect(second.page.locator(".system").last).to_have_text(f"{names[0]} renamed the group to “Rocket team”")

    owner.page.get_by_role("button", name="Add members").click()
    dialog = owner.page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill(names[3])
    dialog.get_by_role("checkbox", name=names[3]).click()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(second.page.locator(".chat-title span")).to_have_text("4 members")

    expect(owner.page.get_by_role("dialog")).to_have_count(0)
    owner.page.get_by_role("combobox", name=f"Role of {names[1]}").select_option("Admin")
    expect(second.page.locator(".system").last).to_have_text(f"{names[0]} made {names[1]} an administrator")
    owner.page.get_by_role("button", name=f"Remove {names[2]} from the group").click()
    owner.page.get_by_role("dialog").get_by_role("button", name=f"Remove {names[2]}").click()
    expect(second.page.locator(".system").last).to_have_text(f"{names[0]} removed {names[2]}")
    expect(third.row("Rocket team")).to_have_count(0)

    second.page.get_by_role("button", name="Group details").click()
    second.page.get_by_role("button", name="Leave group").click()
    second.page.get_by_role("dialog").get_by_role("button", name="Leave group").click()
    expect(second.row("Rocket team")).to_have_count(0)
    expect(owner.page.locator(".system").last).to_have_text(f"{names[1]} left")
    owner.expect_no_complaints()


def test_two_tabs_of_one_person_stay_in_step(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice, bob = visit(pair[0]), visit(pair[1])
    alice.start_direct(name_of(pair[1]))
    alice.send("from the first tab")
    second = new_tab(alice.page.context, site.url, pair[0]).open_chat()
    second.open_conversation(name_of(pair[1]))
    second.expect_texts(["from the first tab"])

    for n in range(5):
        alice.send(f"first {n}")
        second.send(f"second {n}")
    bob.open_conversation(name_of(pair[0]))
    expect(bob.texts).to_have_count(11)
    log = bob.texts.all_text_contents()

    assert sorted(log) == sorted(
        ["from the first tab", *(f"first {n}" for n in range(5)), *(f"second {n}" for n in range(5))]
    )
    assert [text for text in log if text.startswith("first")] == [f"first {n}" for n in range(5)]
    assert [text for text in log if text.startswith("second")] == [f"second {n}" for n in range(5)]
    alice.expect_texts(log)
    second.expect_texts(log)
    alice.expect_mark("second 4", "read")


def test_reading_in_one_tab_clears_the_badge_of_the_other(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice, bob = visit(pair[0]), visit(pair[1])
    other = new_tab(bob.page.context, site.url, pair[1]).open_chat()
    alice.start_direct(name_of(pair[1]))
    alice.send("ping")
    expect(bob.row(name_of(pair[0])).locator(".badge")).to_have_text("1")
    expect(other.row(name_of(pair[0])).locator(".badge")).to_have_text("1")

    other.open_conversation(name_of(pair[0]))

    expect(bob.row(name_of(pair[0])).locator(".badge")).to_have_count(0)


def test_history_comes_while_scrolling_up_and_the_view_stays_put(visit: Visit, site: Site) -> None:
    writer, reader = site.logins["historians"]
    visitor = visit(reader)
    visitor.open_conversation("Wren Writer")
    expect(visitor.texts.last).to_have_text("line 179")
    expect(visitor.page.get_by_text("line 100", exact=True)).to_have_count(0)

    scroller = visitor.page.locator(".messages")
    for _ in range(40):
        if visitor.page.get_by_text("line 000", exact=True).count():
            break
        scroller.evaluate("element => { element.scrollTop = 0; }")
        visitor.page.wait_for_timeout(100)
    expect(visitor.page.locator(".beginning")).to_be_visible()
    texts = visitor.texts.all_text_contents()
    assert texts == [f"line {n:03}" for n in range(180)]

    visitor.page.get_by_role("button", name="Jump to the latest message").click()
    expect(visitor.texts.last).to_be_in_viewport()
    expect(visitor.page.get_by_role("button", name="Jump to the latest message")).to_have_count(0)
    assert writer != reader
    visitor.expect_no_complaints()
