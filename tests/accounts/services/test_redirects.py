"""Addresses that a sign-in may lead back to: exactly the registered ones."""

import pytest

from apps.accounts.services.redirects import MAX_ADDRESS_CHARS, fault_of, is_loopback, is_own_callback, matches

PATH = "/chat/callback"
REGISTERED = ("https://app.example/cb", "http://127.0.0.1/done", "http://[::1]:9000/done?x=1", "http://localhost:1/cb")


class TestFaultOf:
    @pytest.mark.parametrize(
        "address",
        [
            *REGISTERED,
            "https://app.example",
            "https://app.example:8443/a/b?x=%2Fy&z=1",
            "http://localhost:3000/cb",
            "https://xn--fiq228c.example/cb",
            "https://app.example/a..b/.well-known/x",
        ],
    )
    def test_web_addresses_over_tls_and_ones_own_machine_may_be_registered(self, address: str) -> None:
        assert fault_of(address) == ""

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "app.example/cb",
            "//app.example/cb",
            "http://app.example/cb",
            "http://127.0.0.1.app.example/cb",
            "http://localhost.app.example/cb",
            "https://user@app.example/cb",
            "https://app.example@evil.example/cb",
            "https://app.example/cb#",
            "https://app.example/cb#x",
            "https://*.app.example/cb",
            "https://app.example/../cb",
            "https://app.example/a/./cb",
            "https://app.example/a/%2e%2E/cb",
            "https://app.example\\@evil.example/cb",
            "https://app.example/c b",
            "https://app.example/c\nb",
            "https://中文.example/cb",
            "https://app.example:0/cb",
            "https://app.example:99999/cb",
            "https://app.example:x/cb",
            "https:///cb",
            "https://[/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "com.example.app:/cb",
            "https://app.example/" + "x" * MAX_ADDRESS_CHARS,
        ],
    )
    def test_anything_else_may_not(self, address: str) -> None:
        assert fault_of(address)


class TestMatches:
    @pytest.mark.parametrize("address", REGISTERED)
    def test_what_is_registered_does(self, address: str) -> None:
        assert matches(address, REGISTERED)

    @pytest.mark.parametrize("address", ["http://127.0.0.1:51234/done", "http://[::1]:51234/done?x=1"])
    def test_a_loopback_address_does_at_any_port(self, address: str) -> None:
        assert matches(address, REGISTERED)

    @pytest.mark.parametrize(
        "address",
        [
            "https://app.example/cb/",
            "https://app.example/cb/more",
            "https://app.example/cbx",
            "https://app.example/c",
            "https://app.example/CB",
            "https://APP.example/cb",
            "https://app.example/cb?",
            "https://app.example/cb?x=1",
            "https://app.example/cb#x",
            "https://app.example/cb;x",
            "https://app.example/x/../cb",
            "https://app.example:443/cb",
            "https://app.example:8443/cb",
            "https://sub.app.example/cb",
            "https://app.example.evil.example/cb",
            "https://app.example@evil.example/cb",
            "https://evil@app.example/cb",
            "http://app.example/cb",
            "http://127.0.0.2/done",
            "http://127.0.0.1:51234/other",
            "http://127.0.0.1:51234/done?x=1",
            "http://127.0.0.1:51234@evil.example/done",
            "http://evil.example@127.0.0.1:51234/done",
            "http://127.0.0.1:51234/done#x",
            "http://127.0.0.1:51234/done\\",
            "http://127.0.0.1:51234/ done",
            "http://127.0.0.1:0/done",
            "https://127.0.0.1:51234/done",
            "http://localhost:51234/cb",
            "http://[/done",
            "",
        ],
    )
    def test_nothing_that_looks_like_it_does(self, address: str) -> None:
        assert not matches(address, REGISTERED)

    def test_what_was_registered_amiss_matches_nothing_else(self) -> None:
        assert not matches("http://127.0.0.1:51234/done", ["http://[", "x"])


def test_a_loopback_address_is_told_from_others() -> None:
    assert [
        is_loopback(address)
        for address in ("http://127.0.0.1:9/x", "http://localhost/x", "https://app.example/x", "http://[")
    ] == [True, True, False, False]


class TestIsOwnCallback:
    @pytest.mark.parametrize(
        ("uri", "host", "secure", "expected"),
        [
            ("http://im.example:8000/chat/callback", "im.example:8000", False, True),
            ("https://im.example/chat/callback", "im.example", True, True),
            ("https://im.example/chat/callback", "im.example", False, True),
            ("http://im.example/chat/callback", "im.example", True, False),
            ("http://im.example:9000/chat/callback", "im.example:8000", False, False),
            ("http://evil.example/chat/callback", "im.example", False, False),
            ("http://im.example@evil.example/chat/callback", "im.example", False, False),
            ("http://im.example/chat/callback?x=1", "im.example", False, False),
            ("http://im.example/chat/callback#x", "im.example", False, False),
            ("http://im.example/chat/callback/../x", "im.example", False, False),
            ("ftp://im.example/chat/callback", "im.example", False, False),
            ("http:///chat/callback", "", False, False),
            ("http://[/chat/callback", "[", False, False),
        ],
    )
    def test_only_the_callback_of_the_same_host_is(self, uri: str, host: str, secure: bool, expected: bool) -> None:
        assert is_own_callback(uri, path=PATH, host=host, secure=secure) is expected

    def test_other_origins_of_ours_are_ones_own(self) -> None:
        def is_own(uri: str) -> bool:
            ours = ["https://chat.example"]
            return is_own_callback(uri, path=PATH, host="10.0.0.1", secure=False, allowed_origins=ours)

        assert is_own("https://chat.example/chat/callback")
        assert not is_own("http://chat.example/chat/callback")
