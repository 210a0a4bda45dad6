"""Keys and tags: the published vectors, and what a tag is not."""

import pytest

from apps.cluster.core.slots.keys import SLOTS, slot_of


def test_the_published_vector_of_crc16_xmodem() -> None:
    assert slot_of("123456789") == 0x31C3 % SLOTS


@pytest.mark.parametrize(
    ("key", "slot"),
    [("foo", 12182), ("bar", 5061), ("hello", 866), ("somekey", 11058), ("foo{hash_tag}", 2515), ("", 0)],
)
def test_slots_are_those_of_redis_cluster(key: str, slot: int) -> None:
    assert slot_of(key) == slot


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        ("{user1000}.following", "user1000"),
        ("{user1000}.followers", "user1000"),
        ("foo{bar}{zap}", "bar"),
        ("foo{{bar}}zap", "{bar"),
    ],
)
def test_only_the_tag_counts(key: str, hashed: str) -> None:
    assert slot_of(key) == slot_of(hashed)


@pytest.mark.parametrize("key", ["foo{}{bar}", "foo{bar", "foo}bar{", "}{"])
def test_without_a_whole_tag_the_whole_key_counts(key: str) -> None:
    tagged = f"{{{key}}}" if "}" not in key else None

    assert slot_of(key) == slot_of(key.encode())
    assert tagged is None or slot_of(tagged) == slot_of(key)
    assert slot_of(key) != slot_of("bar")


def test_text_and_its_bytes_have_the_same_slot() -> None:
    assert slot_of("用户.42") == slot_of("用户.42".encode())


def test_keys_spread_evenly() -> None:
    hits = [0] * 8

    for number in range(8_000):
        hits[slot_of(f"user.{number}") * 8 // SLOTS] += 1

    assert min(hits) > 800
    assert max(hits) < 1_200
