"""What must not lose or double a message: crashes of the server, closed tabs, old tokens."""

import pytest
from playwright.sync_api import expect

from tests.ports import take_port
from tests.webclient.browser.conftest import Visit, name_of
from tests.webclient.browser.site import Site
from tests.webclient.browser.visitor import new_tab

pytestmark = pytest.mark.browser


def test_a_killed_server_loses_and_doubles_nothing(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice, bob = visit(pair[0]), visit(pair[1])
    alice.start_direct(name_of(pair[1]))
    alice.send("crash begin")
    bob.open_conversation(name_of(pair[0]))
    bob.send("crash ready")
    alice.expect_texts(["crash begin", "crash ready"])

    for n in range(6):
        alice.send(f"crash a{n}")
    site.kill()
    for n in range(6, 12):
        alice.send(f"crash a{n}")
    for n in range(6):
        bob.send(f"crash b{n}")
    alice.expect_mark("crash a11", "queued")
    expect(alice.page.locator(".status-bar")).to_contain_text("will be sent when you are back")
    site.start()

    for visitor in (alice, bob):
        visitor.wait_until_online()
        expect(visitor.texts).to_have_count(20, timeout=60_000)
    stored = site.texts("crash ")
    assert len(stored) == len(set(stored)) == 20
    assert [text for text in stored if text.startswith("crash a")] == [f"crash a{n}" for n in range(12)]
    assert [text for text in stored if text.startswith("crash b")][-6:] == [f"crash b{n}" for n in range(6)]
    alice.expect_texts(stored)
    bob.expect_texts(stored)
    expect(alice.page.locator(".status-bar")).to_have_count(0)
    for visitor in (alice, bob):
        visitor.expect_no_complaints(network_trouble=True)


def test_messages_of_a_closed_tab_are_sent_by_the_next_one(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice = visit(pair[0])
    alice.start_direct(name_of(pair[1]))
    alice.send("kept before")
    alice.expect_mark("kept before", "sent")
    site.kill()
    alice.send("kept one")
    alice.send("kept two")
    alice.expect_mark("kept two", "queued")
    alice.page.close()
    site.start()

    again = new_tab(alice.page.context, site.url, pair[0]).open_chat()
    again.open_conversation(name_of(pair[1]))

    again.expect_texts(["kept before", "kept one", "kept two"])
    again.expect_mark("kept two", "sent")
    assert site.texts("kept ") == ["kept before", "kept one", "kept two"]


def test_where_the_socket_port_is_closed_the_port_of_the_page_serves(
    visit: Visit, pair: tuple[str, str], site: Site
) -> None:
    closed = take_port()
    site.kill()
    site.start(public_ws_url=f"ws://127.0.0.1:{closed}/ws/v1")
    try:
        alice = visit(pair[0])
        alice.start_direct(name_of(pair[1]))
        alice.send("through the other door")
        alice.expect_mark("through the other door", "sent")
    finally:
        site.kill()
        site.start()


def test_an_old_access_token_is_replaced_without_asking(visit: Visit, pair: tuple[str, str]) -> None:
    alice = visit(pair[0])
    alice.page.evaluate(
        """() => {
          const tokens = JSON.parse(localStorage.getItem("im.tokens"));
          localStorage.setItem("im.tokens", JSON.stringify({ ...tokens, access: "old" }));
        }"""
    )

    alice.page.reload()
    alice.wait_until_online()

    assert alice.page.evaluate("JSON.parse(localStorage.getItem('im.tokens')).access") != "old"
    alice.start_direct(name_of(pair[1]))
    alice.send("still here")
    alice.expect_mark("still here", "sent")


def test_a_revoked_sign_in_leads_back_to_the_chat_through_the_session(visit: Visit, pair: tuple[str, str]) -> None:
    alice = visit(pair[0])
    alice.page.evaluate(
        "localStorage.setItem('im.tokens', JSON.stringify({access: 'old', refresh: 'gone', expires: 9e15}))"
    )

    alice.page.reload()
    alice.wait_until_online()

    assert alice.page.url.endswith("/chat/")


def test_a_revoked_device_has_to_sign_in_anew(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice = visit(pair[0])
    site.revoke_terminals(pair[0])
    alice.page.reload()
    status = alice.page.locator(".status-bar")
    expect(status).to_have_attribute("data-state", "stopped")

    status.get_by_role("button", name="Sign in again").click()
    expect(alice.page.locator("#id_password")).to_be_visible()
    alice.sign_in(site.password)

    alice.start_direct(name_of(pair[1]))
    alice.send("from a new terminal")
    alice.expect_mark("from a new terminal", "sent")


def test_signing_out_signs_out_every_tab_and_forgets(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice = visit(pair[0])
    other = new_tab(alice.page.context, site.url, pair[0]).open_chat()

    alice.page.locator(".rail .avatar-button").click()
    alice.page.get_by_role("button", name="Sign out").click()

    for visitor in (alice, other):
        expect(visitor.page.locator("#id_password")).to_be_visible()
    assert alice.page.evaluate("localStorage.getItem('im.tokens')") is None
    assert alice.page.evaluate("localStorage.getItem('im.me')") is None
    alice.sign_in(site.password)


def test_a_wrong_password_is_told(visit: Visit, pair: tuple[str, str], site: Site) -> None:
    alice = visit(pair[0])
    alice.page.context.clear_cookies()
    alice.page.goto(f"{site.url}/accounts/login/")

    alice.page.locator("#id_username").fill(pair[0])
    alice.page.locator("#id_password").fill("not this one")
    alice.page.keyboard.press("Enter")

    expect(alice.page.get_by_role("alert")).to_contain_text("password is wrong")
    alice.expect_no_complaints()
