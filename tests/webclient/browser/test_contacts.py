"""The organisation tree, cards, and starting a chat from there. Leaves screenshots in `test-results/`."""

import pytest
from playwright.sync_api import expect

from tests.webclient.browser.conftest import Visit
from tests.webclient.browser.site import Site
from tests.webclient.browser.test_comfort import PHONE, shoot

pytestmark = pytest.mark.browser


def test_from_the_organisation_to_a_colleague_and_a_chat(visit: Visit, site: Site) -> None:
    chen, wang, _dong = site.logins["colleagues"]
    visitor = visit(chen, locale="zh-CN")
    page = visitor.page

    page.get_by_role("button", name="通讯录").first.click()
    expect(page.locator(".entry", has_text="瀚海科技有限公司")).to_contain_text("2")
    page.locator(".entry", has_text="瀚海科技有限公司").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("瀚海科技有限公司")
    expect(page.locator(".contacts-body .row-title")).to_have_text(["研发部", "市场部"])
    page.locator(".contacts-body .entry", has_text="研发部").click()
    expect(page.locator(".contacts-body .row-title")).to_have_text(["平台组", "陈总"])
    expect(page.locator(".entry-line", has_text="陈总")).to_contain_text("负责人")
    shoot(visitor, "contacts-zh")
    page.locator(".contacts-body .entry", has_text="平台组").click()
    expect(page.locator(".way")).to_contain_text("瀚海科技有限公司›研发部›")
    page.locator(".entry-line", has_text="王工").locator(".row").click()
    card = page.get_by_role("dialog")
    expect(card).to_contain_text("瀚海科技有限公司 / 研发部 / 平台组")
    expect(card).to_contain_text("高级工程师")
    shoot(visitor, "card-zh")
    card.get_by_role("button", name="发消息").click()
    visitor.expect_title("王工")
    visitor.send("方案看过了，下午聊？")
    visitor.expect_mark("方案看过了，下午聊？", "sent")
    page.get_by_role("button", name="个人名片").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"@{wang.split('@')[0]}")
    page.keyboard.press("Escape")
    visitor.expect_no_complaints()


def test_contacts_are_asked_accepted_and_blocked(visit: Visit, site: Site) -> None:
    people = site.take_people(2)
    alice, bob = visit(people[0]), visit(people[1])
    bobs_name, alices_name = (f"Person {int(login.split('@')[0][1:]):02}" for login in reversed(people))

    alice.page.get_by_role("button", name="Contacts").first.click()
    alice.page.get_by_role("searchbox").fill(bobs_name)
    alice.page.locator(".row", has_text=bobs_name).click()
    alice.page.get_by_role("button", name="Add to contacts").click()
    expect(alice.page.get_by_role("button", name="Withdraw the request")).to_be_visible()
    bob.page.get_by_role("button", name="Contacts").first.click()
    expect(bob.page.locator(".entry", has_text="Contact requests").locator(".badge")).to_have_text("1")
    bob.page.locator(".entry", has_text="Contact requests").click()
    expect(bob.page.get_by_role("button", name="Accept")).to_be_visible()
    shoot(bob, "contact-requests")
    bob.page.get_by_role("button", name="Accept").click()
    expect(bob.page.locator(".contacts-body")).to_contain_text("Nobody is waiting")
    bob.page.locator(".entry", has_text="My contacts").click()
    bob.page.locator(".contacts-body .row", has_text=alices_name).click()
    bob.page.get_by_role("button", name="Block").click()
    bob.page.get_by_role("dialog", name="Block").get_by_role("button", name="Block").click()
    expect(bob.page.get_by_role("button", name="Unblock")).to_be_visible()
    expect(bob.page.get_by_role("button", name="Send message")).to_be_disabled()
    expect(bob.page.get_by_role("dialog")).to_contain_text("You have blocked this person")

    alice.page.reload()
    alice.wait_until_online()
    alice.page.get_by_role("searchbox").fill(bobs_name)
    alice.page.locator(".row", has_text=bobs_name).click()

    expect(alice.page.get_by_role("button", name="Send message")).to_be_disabled()
    alice.expect_no_complaints()
    bob.expect_no_complaints()


def test_a_hidden_department_is_nowhere_for_those_outside(visit: Visit, site: Site) -> None:
    _chen, wang, dong = site.logins["colleagues"]
    inside = visit(dong, locale="zh-CN")
    inside.page.get_by_role("button", name="通讯录").first.click()
    inside.page.locator(".entry", has_text="瀚海科技有限公司").click()
    inside.page.locator(".contacts-body .entry", has_text="董事会").click()
    expect(inside.page.locator(".entry-line", has_text="董秘")).to_be_visible()
    address = inside.page.url

    outside = visit(wang, locale="zh-CN")
    outside.page.goto(address)
    outside.wait_until_online()

    expect(outside.page.get_by_role("alert")).to_be_visible()
    outside.page.get_by_role("searchbox").fill("董秘")
    expect(outside.page.locator(".list")).to_contain_text("没有")
    outside.expect_no_complaints(network_trouble=True)


def test_on_a_phone_one_switches_at_the_foot(visit: Visit, site: Site) -> None:
    chen, _wang, _dong = site.logins["colleagues"]
    visitor = visit(chen, locale="zh-CN", **PHONE)
    page = visitor.page

    page.locator(".view-switch").get_by_role("button", name="通讯录").click()
    page.locator(".entry", has_text="瀚海科技有限公司").click()
    expect(page.locator(".list")).to_be_hidden()
    expect(page.locator(".contacts-body .entry", has_text="研发部")).to_be_visible()
    shoot(visitor, "phone-contacts")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="返回列表").click()
    expect(page.locator(".list")).to_be_visible()
    page.locator(".view-switch").get_by_role("button", name="消息").click()

    expect(page.locator(".list .new-chat")).to_be_visible()
    visitor.expect_no_complaints()
