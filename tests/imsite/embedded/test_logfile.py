"""The log stays within its size."""

from pathlib import Path

from imsite.embedded.logfile import TAIL_BYTES, bound_log, read_from


def test_a_small_log_stays_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text("line\n", encoding="utf-8")

    assert not bound_log(log, max_bytes=100)
    assert log.read_text(encoding="utf-8") == "line\n"


def test_a_large_log_moves_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 50)

        moved = bound_log(log, max_bytes=100)
        writer.write(b"fresh\n")

    assert moved
    assert log.read_bytes() == b"fresh\n"
    assert log.with_name("postgres.log.1").read_bytes() == b"old\n" * 50


def test_there_are_never_more_than_two_files(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    for content in ("a", "b", "c"):
        log.write_text(content * 200, encoding="utf-8")
        bound_log(log, max_bytes=100)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["postgres.log", "postgres.log.1"]


def test_no_log_is_nothing_to_do(tmp_path: Path) -> None:
    assert not bound_log(tmp_path / "postgres.log")


def test_reading_begins_at_the_offset_and_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_bytes(b"before" + b"after")

    assert read_from(log, 6) == "after"
    assert read_from(log, 99) == ""
    log.write_bytes(b"x" * (TAIL_BYTES * 2))
    assert len(read_from(log, 0)) == TAIL_BYTES
