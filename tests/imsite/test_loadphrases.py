"""The texts of load tests are part of the one catalogue."""

from imsite.loadphrases import LOAD_TESTS
from imsite.phrases import TRANSLATIONS


def test_the_catalogue_holds_them_all() -> None:
    assert LOAD_TESTS
    assert LOAD_TESTS.items() <= TRANSLATIONS.items()
