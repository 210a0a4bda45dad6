"""Who may come in by what another party says of her."""

from uuid import UUID

import pytest

from apps.access.policies import ALL, NONE, Powers, held
from apps.access.scopes import SYSTEM, tenant_scope
from apps.identity.policies import Visitor, is_within, may_come, usernames_for
from apps.identity.units import CONNECTIONS_VIEW, LINKS_VIEW

HERE, THERE = tenant_scope(UUID(int=1)), tenant_scope(UUID(int=2))


@pytest.mark.parametrize(
    ("visitor", "domains", "may"),
    [
        (Visitor("a"), [], True),
        (Visitor("a", email="a@x.test", is_email_verified=True), ["x.test"], True),
        (Visitor("a", email="a@X.test", is_email_verified=True), ["x.test"], True),
        (Visitor("a", email="a@x.test"), ["x.test"], False),
        (Visitor("a", email="a@sub.x.test", is_email_verified=True), ["x.test"], False),
        (Visitor("a"), ["x.test"], False),
    ],
)
def test_where_domains_are_named_only_a_proven_address_of_one_comes_in(
    visitor: Visitor, domains: list[str], may: bool
) -> None:
    assert may_come(visitor, domains) is may


def test_only_powers_that_end_where_the_tenant_does_are_within_it() -> None:
    assert is_within(NONE, HERE)
    assert is_within(Powers((held([CONNECTIONS_VIEW], HERE),)), HERE)
    assert not is_within(ALL, HERE)
    assert not is_within(Powers((held([LINKS_VIEW], SYSTEM),)), HERE)
    assert not is_within(Powers((held([LINKS_VIEW], THERE),)), HERE)


@pytest.mark.parametrize(
    ("visitor", "first"),
    [
        (Visitor("x", username="Alice.L"), "alice.l"),
        (Visitor("x", email="bob@acme.test", is_email_verified=True), "bob"),
        (Visitor("x", email="bob@acme.test"), "user"),
        (Visitor("x", display_name="张 三"), "张-三"),
        (Visitor("x", label="<script>"), "script"),
        (Visitor("x", username="...."), "user"),
        (Visitor("x", username="a" * 200), "a" * 48),
    ],
)
def test_user_names_are_made_of_what_the_party_calls_her(visitor: Visitor, first: str) -> None:
    names = usernames_for(visitor)

    assert names[0] == first
    assert len(names) == len(set(names)) == 5
