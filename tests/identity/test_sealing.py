"""A connection's secret opens for that connection alone."""

from uuid import UUID

import pytest

from apps.common.errors import Unavailable
from apps.identity.sealing import opened_secret, sealed_secret

ONE, OTHER = UUID(int=1), UUID(int=2)


def test_what_was_sealed_opens_again_and_is_not_readable_in_between() -> None:
    stored = sealed_secret(ONE, "s3crét 密")

    assert "s3cr" not in stored
    assert opened_secret(ONE, stored) == "s3crét 密"


def test_a_secret_in_the_place_of_another_connections_opens_nothing() -> None:
    stored = sealed_secret(ONE, "secret")

    with pytest.raises(Unavailable):
        opened_secret(OTHER, stored)


def test_no_secret_stays_none() -> None:
    assert sealed_secret(ONE, "") == ""
    assert opened_secret(ONE, "") == ""
