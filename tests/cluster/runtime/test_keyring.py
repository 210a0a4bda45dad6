"""A ring of cluster keys."""

import pytest

from apps.cluster.runtime.keyring import KEYS_MAX, KeyRing, KeysRefused

ONE, OTHER = "k" * 16, "l" * 16


def test_each_purpose_and_each_key_gets_a_secret_of_its_own() -> None:
    ring = KeyRing([ONE, OTHER])

    secrets = {*ring.keys_for(b"a"), *ring.keys_for(b"b")}

    assert len(ring) == 2
    assert len(secrets) == 4
    assert {len(secret) for secret in secrets} == {32}


def test_the_same_key_gives_the_same_secret_wherever_it_stands() -> None:
    assert KeyRing([ONE, OTHER]).keys_for(b"a")[1] == KeyRing([OTHER.encode()]).keys_for(b"a")[0]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ([], "0 cluster keys"),
        ([f"{number:016}" for number in range(KEYS_MAX + 1)], "9 cluster keys"),
        ([ONE, "short"], "cluster key 2 has 5 bytes"),
        ([ONE, ONE], "twice"),
    ],
)
def test_a_ring_that_would_not_protect_is_refused(keys: list[str], reason: str) -> None:
    with pytest.raises(KeysRefused, match=reason):
        KeyRing(keys)


def test_no_key_shows_in_its_text() -> None:
    assert ONE not in repr(KeyRing([ONE]))
