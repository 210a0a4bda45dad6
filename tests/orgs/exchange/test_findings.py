"""What is wrong, as data."""

from apps.orgs.exchange.findings import Finding, RowRefused, SheetRefused


def test_a_refused_file_says_why_in_logs_too() -> None:
    refused = SheetRefused("too_many_rows", limit=3)

    assert (refused.code, refused.fields) == ("too_many_rows", {"limit": 3})
    assert "too_many_rows" in str(refused)


def test_a_refused_row_becomes_a_finding_at_its_line() -> None:
    refused = RowRefused("code", "is_root", code="HQ")

    assert refused.at(7) == Finding(7, "code", "is_root", {"code": "HQ"})
    assert "is_root" in str(refused)
