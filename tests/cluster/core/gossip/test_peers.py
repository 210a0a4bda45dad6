import msgspec
import pytest

from apps.cluster.core.gossip.peers import META_BYTES, Meta, MetaRefused, Status, check_meta, fits

LONGEST = Meta("n" * 64, "c" * 64, 65_535, 65_535, "u" * 255, 1_000_000, 1_000, True, 1 << 32, ("r" * 14,) * 6)


def test_a_status_reads_as_the_operator_sees_it() -> None:
    assert [str(status) for status in Status] == ["alive", "suspect", "dead", "left"]


def test_a_meta_within_the_bounds_is_accepted() -> None:
    check_meta(LONGEST)

    assert len(msgspec.msgpack.encode(LONGEST)) <= META_BYTES


def test_a_meta_of_too_many_bytes_is_refused() -> None:
    long = msgspec.structs.replace(LONGEST, roles=("r" * 32,) * 8)

    assert not fits(long)
    with pytest.raises(MetaRefused, match="512 bytes"):
        check_meta(long)


@pytest.mark.parametrize("meta", [Meta(""), Meta("n" * 65), Meta("n", weight=-1), Meta("n", roles=("r",) * 9)])
def test_a_meta_that_others_would_not_decode_is_refused(meta: Meta) -> None:
    with pytest.raises(MetaRefused, match="refused"):
        check_meta(meta)


def test_a_meta_with_more_fields_is_not_decoded() -> None:
    packed = msgspec.msgpack.encode([*msgspec.to_builtins(LONGEST), "more"])

    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(packed, type=Meta)
