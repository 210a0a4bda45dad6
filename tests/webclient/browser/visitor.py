"""A person at a browser: what she can see and do in the chat, in the words of the tests."""

import re

from playwright.sync_api import BrowserContext, Locator, Page, expect

RECORD_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  window.violations.push(`${violatedDirective} ${blockedURI}`);
});
"""
NETWORK_TROUBLE = re.compile(r"ERR_CONNECTION|ERR_SOCKET|ERR_EMPTY|WebSocket connection to|Failed to load resource")


class Visitor:
    """One tab."""

    def __init__(self, page: Page, url: str, login: str) -> None:
        self.page = page
        self.url = url
        self.login = login
        self.complaints: list[str] = []
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.add_init_script(RECORD_VIOLATIONS)

    def sign_in(self, password: str) -> "Visitor":
        """Through the sign-in page, as people do."""
        self.page.goto(self.url)
        self.page.locator("#id_username").fill(self.login)
        self.page.locator("#id_password").fill(password)
        self.page.keyboard.press("Enter")
        return self.wait_until_online()

    def open_chat(self) -> "Visitor":
        """In a browser that is signed in already."""
        self.page.goto(f"{self.url}/chat/")
        return self.wait_until_online()

    def wait_until_online(self) -> "Visitor":
        expect(self.page.locator(".presence-on").first).to_be_attached(timeout=30_000)
        return self

    def start_direct(self, name: str) -> None:
        """Find somebody and open the chat with her."""
        self.page.get_by_role("searchbox").first.fill(name)
        self.page.locator(".row", has_text=re.compile(rf"{re.escape(name)}\s*@")).first.click()
        self.expect_title(name)

    def start_group(self, title: str, *names: str) -> None:
        self.page.locator(".list .new-chat").click()
        dialog = self.page.get_by_role("dialog")
        for name in names:
            dialog.get_by_role("searchbox").fill(name)
            dialog.get_by_role("checkbox", name=name).click()
        dialog.locator("label input").fill(title)
        dialog.locator("button[type=submit]").click()
        self.expect_title(title)

    def open_conversation(self, title: str) -> None:
        self.row(title).click()
        self.expect_title(title)

    def row(self, title: str) -> Locator:
        return self.page.locator(".row").filter(has=self.page.locator(".row-title", has_text=title))

    def send(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    @property
    def composer(self) -> Locator:
        return self.page.locator(".composer textarea")

    @property
    def texts(self) -> Locator:
        """The texts of all messages shown, in order."""
        return self.page.locator(".messages .text")

    def mark_of(self, text: str) -> Locator:
        """The mark beside an own message."""
        return self.page.locator(".message").filter(has=self.page.get_by_text(text, exact=True)).locator(".mark")

    def expect_title(self, title: str) -> None:
        expect(self.page.locator(".chat-title h1")).to_have_text(title)

    def expect_texts(self, texts: list[str]) -> None:
        expect(self.texts).to_have_text(texts, timeout=30_000)

    def expect_mark(self, text: str, state: str) -> None:
        expect(self.mark_of(text)).to_have_attribute("data-state", state, timeout=15_000)

    def expect_no_complaints(self, *, network_trouble: bool = False) -> None:
        """Nothing was blocked, nothing failed, nothing was logged."""
        complaints = [text for text in self.complaints if not (network_trouble and NETWORK_TROUBLE.search(text))]
        assert complaints == []
        assert self.page.evaluate("window.violations") == []

    def _note_console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"}:
            self.complaints.append(f"{kind}: {text}")


def new_tab(context: BrowserContext, url: str, login: str) -> Visitor:
    """Another tab of a browser."""
    return Visitor(context.new_page(), url, login)
