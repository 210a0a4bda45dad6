"""What commands around identity say is part of what the command line says."""

from imsite.identityphrases import IDENTITY
from imsite.phrases import TRANSLATIONS


def test_it_is_part_of_the_whole() -> None:
    assert IDENTITY
    assert IDENTITY.items() <= TRANSLATIONS.items()
