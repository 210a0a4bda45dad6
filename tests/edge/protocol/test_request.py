"""Request heads are split exactly, and a handshake is judged by every rule of RFC 6455 §4.2.1."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.edge.protocol.limits import HeadLimits
from apps.edge.protocol.request import Refused, accept_key, check_upgrade, end_of_head, parse_head

LIMITS = HeadLimits(max_head_bytes=1_000, max_headers=10)
GOOD = {
    "Host": "chat.example.com",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def request(line: str = "GET /ws?a=b HTTP/1.1", *more: str, **changed: str | None) -> bytes:
    headers = GOOD | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([line, *lines, *more, "", ""]).encode("latin-1")


def status_of(data: bytes) -> int:
    with pytest.raises(Refused) as refused:
        check_upgrade(parse_head(data, LIMITS))
    assert refused.value.reason
    return refused.value.status


def test_a_good_handshake_is_understood() -> None:
    head = parse_head(request(Sec_WebSocket_Protocol="chat, superchat"), LIMITS)

    upgrade = check_upgrade(head)

    assert head.opens_websocket
    assert upgrade.accept == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the example of §1.3
    assert upgrade.subprotocols == ["chat", "superchat"]


def test_the_target_is_taken_apart() -> None:
    head = parse_head(request("GET /a%20b/%E4%BD%A0?x=1?y HTTP/1.1"), LIMITS)

    assert (head.path, head.raw_path, head.query) == ("/a b/你", b"/a%20b/%E4%BD%A0", b"x=1?y")


def test_header_names_are_lower_case_and_values_bare() -> None:
    head = parse_head(b"GET / HTTP/1.0\r\nX-One:  two words \t\r\nx-one:\r\n\r\n", LIMITS)

    assert head.headers == [(b"x-one", b"two words"), (b"x-one", b"")]
    assert head.values(b"x-one") == [b"two words", b""]


@pytest.mark.parametrize(
    ("changed", "opens"),
    [
        ({}, True),
        ({"Upgrade": "h2c, WebSocket", "Connection": "UPGRADE"}, True),
        ({"Upgrade": "h2c"}, False),
        ({"Upgrade": None}, False),
        ({"Connection": "keep-alive"}, False),
    ],
)
def test_it_is_seen_who_asks_for_a_websocket(changed: dict[str, Any], opens: bool) -> None:
    assert parse_head(request("GET / HTTP/1.1", **changed), LIMITS).opens_websocket is opens


def test_the_end_of_the_head_is_found_however_it_arrives() -> None:
    data = request() + b"more"

    ends = [end_of_head(data[:size], LIMITS, max(0, size - 1)) for size in range(1, len(data) + 1)]

    assert [end for end in ends if end] == [len(data) - 4]
    assert end_of_head(data, LIMITS) == len(data) - 4


def test_a_head_has_a_bounded_size() -> None:
    fits = b"GET / HTTP/1.1\r\nx: " + b"y" * 977 + b"\r\n\r\n"
    assert end_of_head(fits, LIMITS) == len(fits) == LIMITS.max_head_bytes

    for too_long in (fits[:-4] + b"y\r\n\r\n", b"y" * 1_001):
        with pytest.raises(Refused) as refused:
            end_of_head(too_long, LIMITS)
        assert refused.value.status == 431


def test_a_head_has_a_bounded_number_of_headers() -> None:
    assert len(parse_head(request("GET / HTTP/1.1", *["x: y"] * 5), LIMITS).headers) == 10

    with pytest.raises(Refused) as refused:
        parse_head(request("GET / HTTP/1.1", *["x: y"] * 6), LIMITS)

    assert refused.value.status == 431


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"G\xc3T / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad name: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: y\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: a\0b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: a\nb\r\n\r\n", 400),
    ],
)
def test_a_malformed_head_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(Refused) as refused:
        parse_head(data, LIMITS)

    assert refused.value.status == status


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("POST /ws HTTP/1.1"), 405),
        (request("GET /ws HTTP/1.0"), 400),
        (request("GET http://example.com/ws HTTP/1.1"), 400),
        (request(Host=None), 400),
        (request("GET /ws HTTP/1.1", "Host: other.example.com"), 400),
        (request(Content_Length="1"), 413),
        (request(Transfer_Encoding="chunked"), 413),
        (request(Sec_WebSocket_Version="8"), 426),
        (request(Sec_WebSocket_Version=None), 426),
        (request(Sec_WebSocket_Key=None), 400),
        (request(Sec_WebSocket_Key="c2hvcnQ="), 400),
        (request(Sec_WebSocket_Key="no base64!"), 400),
        (request("GET /ws HTTP/1.1", f"Sec-WebSocket-Key: {GOOD['Sec-WebSocket-Key']}"), 400),
        (request(Sec_WebSocket_Protocol="chat,,chat"), 400),
        (request(Sec_WebSocket_Protocol="chat, chat"), 400),
        (request(Sec_WebSocket_Protocol="ch@t"), 400),
    ],
)
def test_a_wrong_handshake_is_refused_with_its_status(data: bytes, status: int) -> None:
    assert status_of(data) == status


def test_an_empty_body_is_no_body() -> None:
    assert check_upgrade(parse_head(request(Content_Length="0"), LIMITS)).subprotocols == []


@pytest.mark.parametrize(
    ("data", "header"),
    [
        (request("PUT /ws HTTP/1.1"), (b"allow", b"GET")),
        (request(Sec_WebSocket_Version="8"), (b"sec-websocket-version", b"13")),
    ],
)
def test_a_refusal_says_what_would_do(data: bytes, header: tuple[bytes, bytes]) -> None:
    with pytest.raises(Refused) as refused:
        check_upgrade(parse_head(data, LIMITS))

    assert header in refused.value.headers


def test_the_accept_key_is_that_of_the_standard() -> None:
    assert accept_key(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@given(st.binary(max_size=400))
def test_noise_is_refused_with_a_status(noise: bytes) -> None:
    with pytest.raises(Refused) as refused:
        check_upgrade(parse_head(noise + b"\r\n\r\n", LIMITS))

    assert 400 <= refused.value.status < 600
