"""Headers as people write them."""

import pytest

from apps.orgs.exchange.columns import COLUMNS, match_header
from apps.orgs.exchange.findings import SheetRefused


def test_headers_match_in_both_languages_whatever_case_spaces_and_stars() -> None:
    assert match_header("departments", ["部门编码", "NAME *", "", "parent code"]) == {"code": 0, "name": 1, "parent": 3}
    assert match_header("people", ["User_Name", "姓名", "E-Mail"]) == {"username": 0, "name": 1, "email": 2}


def test_every_column_is_known_by_the_names_that_exports_give_it() -> None:
    for kind, columns in COLUMNS.items():
        everything = {column.key: index for index, column in enumerate(columns)}

        assert match_header(kind, [column.english for column in columns]) == everything
        assert match_header(kind, [column.chinese for column in columns]) == everything


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (["name", "nmae"], "column_unknown"),
        (["name", "名称"], "column_twice"),
        (["code"], "column_missing"),
    ],
)
def test_a_header_that_would_lose_data_is_refused(header: list[str], code: str) -> None:
    with pytest.raises(SheetRefused) as caught:
        match_header("departments", header)

    assert caught.value.code == code
