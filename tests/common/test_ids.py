"""UUIDv7 as RFC 9562 lays it out."""

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.ids import make_uuid7, new_id


def test_the_example_of_the_rfc_comes_out() -> None:
    # RFC 9562, appendix A.6.
    made = make_uuid7(time_ms=0x017F22E279B0, random_bits=(0xCC3 << 62) | 0x18C4DC0C0C07398F)

    assert made == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@given(st.integers(0, (1 << 48) - 1), st.integers(0, (1 << 74) - 1))
def test_version_variant_and_time_are_where_the_rfc_puts_them(time_ms: int, random_bits: int) -> None:
    made = make_uuid7(time_ms=time_ms, random_bits=random_bits)

    assert made.version == 7
    assert made.variant == RFC_4122
    assert made.int >> 80 == time_ms


@pytest.mark.parametrize(("time_ms", "random_bits"), [(-1, 0), (1 << 48, 0), (0, -1), (0, 1 << 74)])
def test_what_does_not_fit_is_refused(time_ms: int, random_bits: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        make_uuid7(time_ms=time_ms, random_bits=random_bits)


def test_later_ids_sort_behind_earlier_ones() -> None:
    early = make_uuid7(time_ms=1, random_bits=(1 << 74) - 1)
    late = make_uuid7(time_ms=2, random_bits=0)

    assert early < late


def test_fresh_ids_differ() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
