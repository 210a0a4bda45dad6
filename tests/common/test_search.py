"""Names are found by what people type for them, and by nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.pinyin import readings
from apps.common.search import (
    MAX_NEEDLE_CHARS,
    MAX_NEEDLES,
    MAX_READ_CHARS,
    MAX_STARTS,
    MAX_VARIANTS,
    searchable,
    wanted,
)


def finds(query: str, *names: str) -> bool:
    """What the database does: an index narrows by grams, the text decides."""
    stored, asked = searchable(*names, readings=readings), wanted(query)
    narrowed = set(asked.grams) <= set(stored.grams)
    compared = all(needle in stored.text for needle in asked.needles)
    assert narrowed or not compared, "the index must not lose what the text holds"
    return narrowed and compared


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("张晓明", "张晓明"),
        ("晓明", "张晓明"),
        ("晓", "张晓明"),
        ("zhangxiaoming", "张晓明"),
        ("ZhangX", "张晓明"),
        ("xiaom", "张晓明"),
        ("zxm", "张晓明"),
        ("xm", "张晓明"),
        ("zhangxm", "张晓明"),
        ("zhang xm", "张晓明"),
        ("张xm", "张晓明"),
        ("zengguofan", "曾国藩"),
        ("cgf", "曾国藩"),
        ("lvbu", "吕布"),
        ("oy", "欧阳娜娜"),
        ("alice", "Alice Zhang"),
        ("zha ali", "Alice Zhang"),
        ("neil", "Shane O'Neil"),
        ("ｏ'ｎeil", "Shane O'Neil"),
        ("петр", "Иван Петров"),
        ("たなか", "たなか さん"),
        ("민수", "김민수"),
        ("ชาย", "สมชาย"),
        ("zhang.san", "zhang.san01"),
        ("san0", "zhang.san01"),
        ("01", "zhang.san01"),
        ("𠮷", "𠮷野家"),
        ("STRASSE", "Straße"),
        ("🙂", "alice 🙂"),
    ],
)
def test_it_is_found(query: str, name: str) -> None:
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("明晓", "张晓明"),
        ("hang", "张晓明"),
        ("iao", "张晓明"),
        ("zm", "张晓明"),
        ("lice", "Alice Zhang"),
        ("alice li", "Alice Zhang"),
        ("晓明 李", "张晓明"),
        ("aliceb", "alice"),
    ],
)
def test_it_is_not_found(query: str, name: str) -> None:
    assert not finds(query, name)


def test_any_of_several_names_will_do() -> None:
    assert finds("晓明 zs01", "张晓明", "zs01")


@pytest.mark.parametrize("query", ["", "   ", "^", "%", "..", "\0", "\ud800", "()"])
def test_a_query_without_letters_asks_for_nothing(query: str) -> None:
    asked = wanted(query)

    assert asked.needles == asked.grams == ()


def test_a_query_is_bounded() -> None:
    asked = wanted(" ".join(f"w{number}" * 40 for number in range(20)))

    assert len(asked.needles) == MAX_NEEDLES
    assert max(map(len, asked.needles)) == MAX_NEEDLE_CHARS + 1
    assert max(map(len, wanted("字" * 99).needles)) == MAX_NEEDLE_CHARS


def test_what_is_stored_is_bounded() -> None:
    stored = searchable("行" * 100, " ".join("ab" for _ in range(50)), readings=readings)

    read = [key for key in stored.text.split("\n") if key.startswith("^") and "ab" not in key]
    assert len(read) <= MAX_VARIANTS * (2 * MAX_STARTS + 1)
    assert max(map(len, read)) <= MAX_READ_CHARS * 6 + 1


def test_the_mark_of_a_word_is_not_taken_from_a_name() -> None:
    stored = searchable("a^b", readings=readings)

    assert stored.text == "^a\n^b"


def test_a_character_without_reading_is_passed_over() -> None:
    assert finds("ye", "々野")
    assert searchable("々", readings=readings).text == "々"


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_index_never_loses_what_the_text_holds(name: str, query: str) -> None:
    finds(query, name)


@given(st.text(min_size=1, max_size=30))
def test_what_is_stored_fits_a_database(name: str) -> None:
    stored = searchable(name, readings=readings)

    assert "\0" not in stored.text
    stored.text.encode()
    assert all(1 <= len(gram) <= 2 for gram in stored.grams)
