"""What commands around tenants, people and powers say is part of what the command line says."""

from imsite.peoplephrases import PEOPLE
from imsite.phrases import TRANSLATIONS


def test_it_is_part_of_the_whole() -> None:
    assert PEOPLE
    assert PEOPLE.items() <= TRANSLATIONS.items()
