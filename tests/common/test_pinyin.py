"""Characters are read the way people type them."""

import subprocess
import sys

from apps.common.pinyin import MAX_READINGS, readings


def test_a_character_has_its_reading_without_tone() -> None:
    assert readings("张") == ("zhang",)
    assert readings("明")[0] == "ming"


def test_a_surname_with_a_reading_of_its_own_has_both() -> None:
    assert {"zeng", "ceng"} == set(readings("曾"))
    assert "shan" in readings("单")


def test_the_umlaut_is_typed_as_v() -> None:
    assert readings("吕") == ("lv",)


def test_rare_readings_are_left_out() -> None:
    assert len(readings("行")) == MAX_READINGS


def test_what_is_not_chinese_has_none() -> None:
    assert readings("a") == readings("あ") == readings("1") == ()


def test_every_reading_is_made_of_plain_letters() -> None:
    characters = [chr(code) for code in range(0x4E00, 0x9FA6)]

    odd = {reading for character in characters for reading in readings(character) if not set(reading) <= set(LETTERS)}

    assert odd <= {"ê"}


def test_looking_for_people_does_not_load_the_dictionary() -> None:
    program = "import sys, apps.common.search, apps.common.pinyin; print('pypinyin' in sys.modules)"

    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "False"


LETTERS = "abcdefghijklmnopqrstuvwxyz"
