"""Answers are whole, and no header can break out of them."""

import pytest

from apps.edge.protocol.request import Refused
from apps.edge.protocol.response import refusal, response_head, upgrade_response


def test_the_upgrade_proves_that_it_was_understood() -> None:
    response = upgrade_response(b"abc=", "chat", [(b"x-node", b"7")])

    assert response.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert response.endswith(b"Sec-WebSocket-Accept: abc=\r\nSec-WebSocket-Protocol: chat\r\nx-node: 7\r\n\r\n")


def test_no_subprotocol_is_said_where_none_was_chosen() -> None:
    assert b"Sec-WebSocket-Protocol" not in upgrade_response(b"abc=", None)


@pytest.mark.parametrize(
    "header", [(b"x", b"a\r\nSet-Cookie: b"), (b"x\n", b"a"), (b"", b"a"), (b"x", b"a\0"), (b"Upgrade", b"h2c")]
)
def test_a_header_that_breaks_or_contradicts_the_upgrade_is_refused(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match=r"header|server"):
        upgrade_response(b"abc=", None, [header])


def test_a_refusal_names_the_reason_and_closes() -> None:
    answer = refusal(Refused(503, "the server is stopping", ((b"retry-after", b"5"),)))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert body == b"the server is stopping\n"
    assert {b"retry-after: 5", b"Content-Length: 23", b"Connection: close"} <= set(head.split(b"\r\n"))


def test_the_application_may_use_a_status_of_its_own_but_not_keep_the_connection() -> None:
    head = response_head(799, [(b"connection", b"keep-alive"), (b"x", b"y")])

    assert head == b"HTTP/1.1 799 \r\nx: y\r\nConnection: close\r\n\r\n"
