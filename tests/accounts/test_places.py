"""Addresses in plain words."""

import pytest

from apps.accounts.places import Place, described, place_of


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("127.0.0.1", Place.LOOPBACK),
        ("::1", Place.LOOPBACK),
        ("::ffff:127.0.0.1", Place.LOOPBACK),
        ("10.1.2.3", Place.PRIVATE),
        ("192.168.0.9", Place.PRIVATE),
        ("fd00::1", Place.PRIVATE),
        ("fe80::1", Place.PRIVATE),
        ("::ffff:10.1.2.3", Place.PRIVATE),
        ("8.8.8.8", Place.PUBLIC),
        ("2001:4860:4860::8888", Place.PUBLIC),
        ("", Place.UNKNOWN),
        ("/run/socket", Place.UNKNOWN),
    ],
)
def test_each_address_is_somewhere(address: str, place: Place) -> None:
    assert place_of(address) is place


def test_people_read_a_word_and_the_address() -> None:
    assert [described(address) for address in ("8.8.8.8", "10.1.2.3", "::1", "")] == [
        "8.8.8.8",
        "own network (10.1.2.3)",
        "this server itself (::1)",
        "unknown",
    ]
