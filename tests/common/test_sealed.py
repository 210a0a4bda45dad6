"""Secrets at rest."""

from typing import Any

import pytest

from apps.common.errors import Unavailable
from apps.common.sealed import seal, unseal


def test_a_secret_comes_back_and_is_not_to_be_seen() -> None:
    sealed = seal("directory", "口令 secret".encode())

    assert unseal("directory", sealed).decode() == "口令 secret"
    assert "secret" not in sealed


def test_the_same_secret_never_looks_the_same() -> None:
    assert seal("directory", b"secret") != seal("directory", b"secret")


def test_what_was_sealed_for_one_purpose_does_not_open_for_another() -> None:
    sealed = seal("directory", b"secret")

    with pytest.raises(Unavailable):
        unseal("signing key", sealed)


def test_a_changed_secret_is_refused() -> None:
    sealed = seal("directory", b"secret")

    with pytest.raises(Unavailable):
        unseal("directory", sealed[:-6] + "AAAAA=")


def test_an_earlier_key_still_opens_what_it_sealed(settings: Any) -> None:
    sealed = seal("directory", b"secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of the installation, long enough"

    assert unseal("directory", sealed) == b"secret"


def test_another_installation_opens_nothing(settings: Any) -> None:
    sealed = seal("directory", b"secret")
    settings.SECRET_KEY = "another key of the installation, long enough"

    with pytest.raises(Unavailable):
        unseal("directory", sealed)
