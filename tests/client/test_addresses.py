"""A client with several addresses finds another node when its own is gone."""

import pytest

from apps.client.addresses import Addresses


def test_one_address_is_used_whatever_happens() -> None:
    addresses = Addresses("ws://a")

    addresses.failed()

    assert addresses.current == "ws://a"


def test_after_a_failure_the_next_is_used_and_after_the_last_the_first() -> None:
    addresses = Addresses(["ws://a", "ws://b"])
    seen = [addresses.current]

    for _ in range(3):
        addresses.failed()
        seen.append(addresses.current)

    assert seen == ["ws://a", "ws://b", "ws://a", "ws://b"]


def test_no_address_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Addresses([])
