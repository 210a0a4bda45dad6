"""Keyboard, languages, appearance, phones: what makes it a product. Leaves screenshots in `test-results/`."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from imsite.env import ROOT
from tests.webclient.browser.conftest import Visit, name_of
from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import Visitor, new_tab

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def shoot(visitor: Visitor, name: str) -> None:
    folder: Path = ROOT / "test-results"
    folder.mkdir(exist_ok=True)
    visitor.page.screenshot(path=folder / f"{name}.png")


def test_the_keyboard_does_it_all(visit: Visit, pair: tuple[str, str]) -> None:
    alice = visit(pair[0])
    keyboard = alice.page.keyboard

    keyboard.press("Control+k")
    expect(alice.page.get_by_role("searchbox")).to_be_focused()
    keyboard.type(name_of(pair[1]))
    expect(alice.page.locator(".row")).to_have_count(1)
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(alice.composer).to_be_focused()
    keyboard.type("one")
    keyboard.press("Shift+Enter")
    keyboard.type("two")
    keyboard.press("Enter")
    alice.expect_texts(["one\ntwo"])

    alice.page.locator(".new-chat").click()
    expect(alice.page.get_by_role("dialog")).to_be_visible()
    keyboard.press("Escape")
    expect(alice.page.get_by_role("dialog")).to_have_count(0)


def test_up_and_down_walk_through_the_list(visit: Visit, site: Site) -> None:
    logins = site.take_people(3)
    alice = visit(logins[0])
    for login in logins[1:]:
        alice.start_direct(name_of(login))
        alice.send("hi")
        alice.expect_mark("hi", "sent")
    titles = alice.page.locator(".row .row-title")
    expect(titles).to_have_text([name_of(logins[2]), name_of(logins[1])])

    alice.page.keyboard.press("Control+k")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown", "Enter"):
        alice.page.keyboard.press(key)

    alice.expect_title(name_of(logins[1]))


def test_the_enter_of_an_input_method_does_not_send(visit: Visit, pair: tuple[str, str]) -> None:
    alice = visit(pair[0])
    alice.start_direct(name_of(pair[1]))
    alice.composer.fill("nihao")

    alice.composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    alice.composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True})
    expect(alice.composer).to_have_value("nihao")
    expect(alice.texts).to_have_count(0)
    alice.composer.press("Enter")

    alice.expect_texts(["nihao"])


def test_a_draft_is_kept_per_conversation_and_over_a_reload(visit: Visit, site: Site) -> None:
    logins = site.take_people(3)
    alice = visit(logins[0])
    alice.start_direct(name_of(logins[1]))
    alice.composer.fill("half a thought")
    alice.start_direct(name_of(logins[2]))
    expect(alice.composer).to_have_value("")
    expect(alice.row(name_of(logins[1])).locator(".row-preview")).to_contain_text("[Draft] half a thought")

    alice.page.reload()
    alice.open_conversation(name_of(logins[1]))

    expect(alice.composer).to_have_value("half a thought")


def test_the_language_follows_the_browser_and_can_be_chosen(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice = visit(pair[0], locale="zh-CN")
    expect(alice.page.get_by_role("searchbox")).to_have_attribute("placeholder", "搜索聊天和联系人")
    alice.start_direct(name_of(pair[1]))
    alice.send("你好，世界")
    alice.expect_mark("你好，世界", "sent")
    shoot(alice, "chat-zh")

    alice.page.locator(".rail .avatar-button").click()
    alice.page.get_by_role("radio", name="English").click()
    expect(alice.page.get_by_role("searchbox")).to_have_attribute("placeholder", "Search chats and people")
    assert alice.page.evaluate("document.documentElement.lang") == "en"
    alice.page.reload()
    alice.wait_until_online()
    expect(alice.page.get_by_role("searchbox")).to_have_attribute("placeholder", "Search chats and people")
    alice.page.goto(f"{site.url}/accounts/login/")
    expect(alice.page.get_by_role("heading")).to_have_text("Sign in to imsite")
    shoot(alice, "sign-in-en")
    alice.page.get_by_role("button", name="简体中文").click()
    expect(alice.page.get_by_role("heading")).to_have_text("登录 imsite")
    shoot(alice, "sign-in-zh")
    alice.expect_no_complaints()


def test_the_appearance_can_be_chosen_and_stays(visit: Visit, pair: tuple[str, str]) -> None:
    alice = visit(pair[0], color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = alice.page.evaluate(ground)

    alice.page.locator(".rail .avatar-button").click()
    alice.page.get_by_role("radio", name="Dark").click()
    dark = alice.page.evaluate(ground)
    alice.page.reload()
    alice.wait_until_online()

    assert dark != light
    assert alice.page.evaluate(ground) == dark
    alice.page.emulate_media(color_scheme="dark")
    alice.page.locator(".rail .avatar-button").click()
    alice.page.get_by_role("radio", name="Automatic").click()
    assert alice.page.evaluate(ground) == dark


def test_a_phone_shows_one_pane_at_a_time(visit: Visit, pair: tuple[str, str]) -> None:
    alice, bob = visit(pair[0], **PHONE), visit(pair[1])
    expect(alice.page.locator(".list")).to_be_visible()
    expect(alice.page.locator(".chat")).to_be_hidden()
    shoot(alice, "phone-list")

    alice.start_direct(name_of(pair[1]))
    expect(alice.page.locator(".list")).to_be_hidden()
    alice.send("from the train, with a rather long text that has to break somewhere on such a narrow screen")
    bob.open_conversation(name_of(pair[0]))
    bob.send("https://example.test/" + "a-very-long-address/" * 12)
    expect(alice.texts).to_have_count(2)
    shoot(alice, "phone-chat")
    assert alice.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    alice.page.get_by_role("button", name="Back to the list").click()
    expect(alice.page.locator(".list")).to_be_visible()
    alice.page.go_back()
    expect(alice.page.locator(".chat")).to_be_visible()
    alice.expect_no_complaints()


def test_people_look_at_a_group_in_light_and_dark(visit: Visit, site: Site) -> None:
    logins = site.take_people(4)
    alice, bob = visit(logins[0]), visit(logins[1], color_scheme="dark")
    alice.start_group("Spring release", *(name_of(login) for login in logins[1:]))
    alice.send("Morning all. The candidate is at https://staging.example.test/482")
    bob.open_conversation("Spring release")
    bob.send("Thanks, I will run the checks before noon.")
    bob.send("发布说明我来写")
    expect(alice.texts).to_have_count(3)
    expect(alice.mark_of("Morning all. The candidate is at https://staging.example.test/482")).to_have_attribute(
        "aria-label", "Read by 1 of 3"
    )

    alice.page.get_by_role("button", name="Group details").click()
    expect(alice.page.locator(".member")).to_have_count(4)
    shoot(alice, "group-light")
    bob.page.locator(".rail .avatar-button").click()
    shoot(bob, "group-dark")

    third = visit(logins[2])
    expect(third.row("Spring release").locator(".badge")).to_have_text("3")
    third.open_conversation("Spring release")
    expect(third.page.locator(".new-divider")).to_be_visible()
    shoot(third, "new-messages")
    other = new_tab(third.page.context, site.url, logins[2]).open_chat()
    expect(other.row("Spring release").locator(".badge")).to_have_count(0)
