"""Only what trusted proxies say about the client is believed."""

import pytest

from apps.edge.protocol.proxies import MAX_HOPS, Source, TrustedProxies, counting_key, parse_address

PROXIES = TrustedProxies(["10.0.0.0/8", "::1/128"])


def source(peer: str = "10.0.0.1", *, is_secure: bool = False, **headers: str) -> Source:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return PROXIES.source_of(pairs, peer, is_secure=is_secure)


def test_a_proxy_of_ours_names_the_client() -> None:
    assert source(x_forwarded_for="203.0.113.7", x_forwarded_proto="https") == Source("203.0.113.7", True)


def test_a_stranger_names_nobody() -> None:
    assert source("192.0.2.1", x_forwarded_for="203.0.113.7") == Source("192.0.2.1", False)


def test_without_trusted_networks_nobody_is_believed() -> None:
    nobody = TrustedProxies([])

    assert nobody.source_of([(b"x-forwarded-for", b"203.0.113.7")], "10.0.0.1", is_secure=True) == Source(
        "10.0.0.1", True
    )


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
        ("6.6.6.6, unknown, 10.0.0.9", "10.0.0.9"),
        ("unknown", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("2001:db8::7", "2001:db8::7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_the_list_is_read_from_its_end_up_to_the_first_stranger(said: str, address: str) -> None:
    assert source(x_forwarded_for=said).address == address


def test_only_so_many_hops_are_looked_at() -> None:
    said = ", ".join(["203.0.113.7", *["10.0.0.2"] * MAX_HOPS])

    assert source(x_forwarded_for=said).address == "10.0.0.2"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("for=203.0.113.7;proto=https", Source("203.0.113.7", True)),
        ('for="[2001:db8::7]:4711"', Source("2001:db8::7", False)),
        ("For=203.0.113.7, for=10.0.0.3;proto=http", Source("203.0.113.7", False)),
        ("proto=https", Source("10.0.0.1", False)),
    ],
)
def test_the_standard_header_is_understood(said: str, expected: Source) -> None:
    assert source(forwarded=said) == expected


def test_the_standard_header_counts_more() -> None:
    assert source(forwarded="for=203.0.113.7", x_forwarded_for="203.0.113.8").address == "203.0.113.7"


def test_each_proxy_may_have_said_how_it_was_asked() -> None:
    assert source(x_forwarded_for="203.0.113.7, 10.0.0.2", x_forwarded_proto="https, http").is_secure
    assert not source(x_forwarded_for="203.0.113.7, 10.0.0.2", x_forwarded_proto="http, https").is_secure


def test_a_connection_without_a_word_on_tls_keeps_its_own() -> None:
    assert source(x_forwarded_for="203.0.113.7", is_secure=True) == Source("203.0.113.7", True)


def test_a_bad_network_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        TrustedProxies(["nonsense"])


def test_what_is_no_address_is_none() -> None:
    assert parse_address("") is None
    assert parse_address("_hidden") is None
    assert str(parse_address("fe80::1%eth0")) == "fe80::1"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("no:address", "no:address"),
    ],
)
def test_limits_count_an_ipv6_network_as_one(address: str, key: str) -> None:
    assert counting_key(address) == key
