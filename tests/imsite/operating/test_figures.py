"""The live page shows figures that exist, each under a key of its own."""

from django.utils import translation

from imsite.operating.figures import FIGURES, TRACKS


def test_no_two_lines_share_a_key() -> None:
    assert len({track.key for track in TRACKS}) == len(TRACKS)


def test_a_card_has_at_most_as_many_lines_as_there_are_colours() -> None:
    assert all(1 <= len(figure.lines) <= 3 for figure in FIGURES)


def test_every_word_is_also_chinese() -> None:
    words = [word for figure in FIGURES for word in (figure.title, *(label for label, _ in figure.lines))]

    with translation.override("zh-hans"):
        chinese = [str(word) for word in words]

    assert [word for word in chinese if word.isascii()] == []
