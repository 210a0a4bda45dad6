"""Pages that need nothing else."""

from apps.loadtest.pages import page, section, table


def test_a_page_is_in_its_language_and_its_title_is_text() -> None:
    chinese = page("a <b>", ["<p>x</p>"], "zh")

    assert '<html lang="zh-Hans">' in chinese
    assert "<title>a &lt;b&gt;</title>" in chinese
    assert "<body><p>x</p></body>" in chinese
    assert '<html lang="en">' in page("", [], "en")


def test_cells_of_a_table_are_text() -> None:
    assert table(["<h>"], [("<c>", 1)]) == (
        "<table><thead><tr><th>&lt;h&gt;</th></tr></thead><tbody><tr><td>&lt;c&gt;</td><td>1</td></tr></tbody></table>"
    )


def test_what_is_empty_is_left_out() -> None:
    assert table(["h"], []) == ""
    assert section("t", "") == ""
    assert section("t", "b") == "<h2>t</h2>b"
