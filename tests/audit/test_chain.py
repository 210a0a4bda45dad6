"""The arithmetic of the chain: one spelling, every field counts, every kind of damage is found."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.chain import (
    GENESIS,
    MAX_VALUES_BYTES,
    Break,
    Link,
    bounded,
    check,
    differences,
    plain,
    spelled,
)

FIRST = Link(
    tenant="a" * 32,
    number=1,
    at_us=1_700_000_000_000_000,
    actor="b" * 32,
    actor_login="alice@acme",
    via="rest",
    address="192.0.2.1",
    request_id="r-1",
    scope="t:1",
    action="orgs.department.moved",
    kind="department",
    target_id="c",
    target_label="研发部",
    before={"parent": "x"},
    after={"parent": "y"},
    previous=GENESIS,
)

Chain = list[tuple[Link, bytes]]


class Colour(Enum):
    RED = "red"


def chain(size: int) -> Chain:
    links: Chain = []
    previous = GENESIS
    for number in range(1, size + 1):
        link = replace(FIRST, number=number, previous=previous, target_id=str(number))
        previous = link.digest()
        links.append((link, previous))
    return links


class TestDigest:
    def test_is_the_sha_256_of_json_in_one_spelling(self) -> None:
        """A second implementation: whoever audits the auditors can write it in an hour."""
        text = json.dumps(
            {field.name: getattr(FIRST, field.name) for field in fields(Link)} | {"previous": "00" * 32},
            sort_keys=True,
            separators=(",", ":"),
        )

        assert FIRST.digest() == hashlib.sha256(text.encode()).digest()
        assert FIRST.digest().hex() == "24673a0849e9c50f318f1ce2f9e60fcf7cf052a399e63cfae10cf0d3a4d83eee"

    @pytest.mark.parametrize("name", [field.name for field in fields(Link)])
    def test_depends_on_every_field(self, name: str) -> None:
        value = getattr(FIRST, name)
        others: dict[type, Any] = {int: 2, dict: {"more": 1}, bytes: b"\1" * 32, str: "other"}
        other = others[type(value)]

        assert replace(FIRST, **{name: other}).digest() != FIRST.digest()

    @given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5))
    def test_does_not_depend_on_the_order_of_keys(self, values: dict[str, Any]) -> None:
        turned = dict(reversed(values.items()))

        assert replace(FIRST, before=values).digest() == replace(FIRST, before=turned).digest()


class TestCheck:
    def test_a_whole_chain_ends_where_it_should(self) -> None:
        links = chain(5)

        assert check(links) == (5, links[-1][1])
        assert check([]) == (0, GENESIS)

    @pytest.mark.parametrize(
        ("damage", "found"),
        [
            (lambda links: links[:2] + links[3:], Break(3, "missing")),
            (lambda links: links[1:], Break(1, "missing")),
            (lambda links: [*links[:2], links[3], links[2], links[4]], Break(3, "missing")),
            (lambda links: [*links[:3], links[2], *links[3:]], Break(4, "missing")),
            (lambda links: changed(links, 2, target_label="x"), Break(3, "changed")),
            (lambda links: changed(links, 2, previous=b"\1" * 32), Break(3, "detached")),
            (lambda links: [*links[:2], (links[2][0], b"\1" * 32), *links[3:]], Break(3, "changed")),
            (lambda links: rehashed(links, 2, target_label="x"), Break(4, "detached")),
        ],
        ids=["cut out", "cut off", "swapped", "doubled", "changed", "relinked", "digest", "rehashed"],
    )
    def test_the_first_break_is_named(self, damage: Callable[[Chain], Chain], found: Break) -> None:
        assert check(damage(chain(5))) == found


def changed(links: Chain, index: int, **values: Any) -> Chain:
    link, digest = links[index]
    return [*links[:index], (replace(link, **values), digest), *links[index + 1 :]]


def rehashed(links: Chain, index: int, **values: Any) -> Chain:
    link = replace(links[index][0], **values)
    return [*links[:index], (link, link.digest()), *links[index + 1 :]]


class TestPlain:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, None),
            (True, True),
            (2**70, 2**70),
            ("a\0b", "a\ufffdb"),
            ("a\ud800b", "a?b"),
            (0.5, "0.5"),
            (Decimal("1.10"), "1.10"),
            (UUID(int=1), "0" * 31 + "1"),
            (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
            (date(2026, 1, 2), "2026-01-02"),
            (time(1, 2), "01:02:00"),
            (Colour.RED, "red"),
            (gettext_lazy("Powers"), "Powers"),
            ({"b", "a"}, ["a", "b"]),
            (frozenset({2, 1}), [1, 2]),
            ((1, [2]), [1, [2]]),
            ({UUID(int=0): {"x": (1,)}}, {"0" * 32: {"x": [1]}}),
        ],
    )
    def test_is_json_that_comes_back_unchanged(self, value: object, expected: object) -> None:
        result = plain(value)

        assert result == expected
        assert json.loads(spelled(result)) == expected

    @pytest.mark.parametrize("value", [object(), b"secret", {"row": object()}])
    def test_refuses_what_is_no_value(self, value: object) -> None:
        with pytest.raises(TypeError, match="audit log"):
            plain(value)


class TestBounded:
    def test_keeps_what_fits(self) -> None:
        assert bounded({"at": UUID(int=0)}) == {"at": "0" * 32}

    def test_keeps_what_is_exactly_as_large_as_the_bound(self) -> None:
        room = MAX_VALUES_BYTES - len(spelled({"text": ""}))

        whole, cut = bounded({"text": "x" * room}), bounded({"text": "x" * (room + 1)})

        assert whole == {"text": "x" * room}
        assert cut["omitted_bytes"] == MAX_VALUES_BYTES + 1

    def test_says_of_the_rest_how_large_it_was_and_what_its_digest_is(self) -> None:
        values = {"rows": ["x" * 100] * (MAX_VALUES_BYTES // 100)}

        stands_for = bounded(values)

        text = spelled(values)
        assert stands_for == {"omitted_bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}


def test_differences_are_what_is_not_the_same_on_both_sides() -> None:
    before, after = {"name": "A", "sort": 1, "gone": 1}, {"name": "B", "sort": 1, "new": 2}

    assert differences(before, after) == (
        {"name": "A", "gone": 1, "new": None},
        {"name": "B", "gone": None, "new": 2},
    )
