"""Every kind of party that people sign in with has somebody who speaks with it."""

from apps.identity.configs.reading import FEDERATED
from apps.identity.providers.kinds import OAUTH


def test_all_kinds_but_saml_are_spoken_by_oauth() -> None:
    assert set(OAUTH) == set(FEDERATED) - {"saml"}
