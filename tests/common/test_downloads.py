"""How a file is answered."""

from apps.common.downloads import answer_file


def test_an_answer_is_saved_and_never_shown() -> None:
    answer = answer_file([b"a", b"b"], name="人员.csv", media_type="text/csv")

    assert b"".join(answer.streaming_content) == b"ab"  # type: ignore[arg-type]
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
