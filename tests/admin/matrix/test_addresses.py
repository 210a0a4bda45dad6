"""Every address of the site is of a known kind: a new one that nobody classified fails here."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.admin.matrix.conftest import Matrix
from tests.admin.matrix.kinds import sides
from tests.admin.world import LEVELS
from tests.api.routes import PREFIX
from tests.rest_client import signed_in

OBJECT_PAGE: Final = re.compile(r"admin:[a-z0-9_]+_(changelist|add|history|delete|change|password)")
"""Tried by `test_pages`, and the page for passwords by the tests of people."""

SITE: Final = {
    "admin:index": "what lies within",
    "admin:login": "open",
    "admin:logout": "oneself",
    "admin:password_change": "oneself",
    "admin:password_change_done": "oneself",
    "admin:autocomplete": "tried by test_pages",
    "admin:jsi18n": "no objects",
    "admin:search": "tried by test_pages",
    "admin:app_list": "tried here",
    "admin:view_on_site": "tried here",
    "admin:None": "leads to the page of an object, or nowhere",
    "cluster:overview": "operators, by the tests of the cluster's page",
    "cluster:change": "operators, by the tests of the cluster's page",
    "monitor:overview": "operators, by the tests of the live page",
    "monitor:figures": "operators, by the tests of the live page",
    "orgs_tree:overview": "tried by the tests of the tree",
    "orgs_tree:level": "tried by the tests of the tree",
    "orgs_tree:move": "tried by the tests of the tree",
    "orgs_exchange:overview": "tried by the tests of lists",
    "orgs_exchange:template": "no objects",
    "orgs_exchange:export": "tried by the tests of lists",
    "orgs_exchange:import": "tried by the tests of lists",
    "orgs_exchange:apply": "tried by the tests of lists",
    "orgs_exchange:discard": "tried by the tests of lists",
    "scim:users": "tried by the tests of SCIM",
    "scim:user": "tried by the tests of SCIM",
    "scim:groups": "tried by the tests of SCIM",
    "scim:group": "tried by the tests of SCIM",
    "scim:search": "tried by the tests of SCIM",
    "scim:discovery": "tried by the tests of SCIM",
    "scim:resource-type": "tried by the tests of SCIM",
    "scim:schema": "tried by the tests of SCIM",
    "scim:nothing": "tried by the tests of SCIM",
    "admin:accounts_registration_secret": "tried by the tests of its page",
    "admin:identity_connection_do": "tried by the tests of its page",
    "admin:identity_directoryrun_apply": "tried by the tests of its page",
    "home": "open",
    "favicon": "open",
    "login": "open",
    "second-factor": "oneself, on the way in",
    "account-enrol": "oneself, on the way in",
    "account-renew": "oneself, on the way in",
    "account-confirm": "oneself",
    "account-password": "oneself",
    "account-factors": "oneself",
    "account-codes": "oneself",
    "account-codes-remove": "oneself",
    "account-recovery": "oneself",
    "account-passkey-remove": "one's own, tried by the tests of the page",
    "passkey-challenge": "oneself, or whoever comes in",
    "passkey-answer": "oneself, or whoever comes in",
    "password-reset": "open",
    "password-reset-link": "whoever has the link",
    "password-reset-set": "whoever has the link",
    "account": "oneself",
    "account-programs": "oneself",
    "account-program-withdraw": "one's own, tried by the tests of the page",
    "account-browser-end": "one's own, tried by the tests of the page",
    "account-terminals": "oneself",
    "account-terminals-revoke-others": "oneself",
    "account-terminal-rename": "one's own, tried by the tests of the page",
    "account-terminal-revoke": "one's own, tried by the tests of the page",
    "account-links": "oneself",
    "account-link-add": "one's own tenant's, tried by the tests of the page",
    "account-link-remove": "one's own, tried by the tests of the page",
    "identity-start": "whoever comes in",
    "identity-callback": "whoever comes in",
    "identity-saml": "whoever comes in",
    "identity-saml-metadata": "open",
    "logout": "oneself",
    "set_language": "oneself",
    "oauth2_provider:authorize": "oneself",
    "oauth2_provider:token": "oneself",
    "oauth2_provider:revoke-token": "oneself",
    "oauth2_provider:introspect": "programs, by the tests of the endpoint",
    "oauth2_provider:user-info": "oneself",
    "oauth2_provider:rp-initiated-logout": "oneself",
    "oauth2_provider:oidc-connect-discovery-info": "open",
    "oauth2_provider:jwks-info": "open",
    "openid-configuration": "open",
    "oauth-authorization-server": "open",
    "jwks": "open",
    "schema": "open",
    "docs": "open",
    "webclient:chat": "oneself",
    "webclient:callback": "oneself",
}

OBJECTS_BY_REST: Final = {
    "organisations/<uuid:organisation>": "orgs.organisation",
    "departments/<uuid:department>": "orgs.department",
    "departments/<uuid:department>/children": "orgs.department",
    "departments/<uuid:department>/placements": "orgs.department",
    "people/<uuid:user>": "accounts.user",
    "placements/<uuid:placement>": "orgs.placement",
    "grants/<uuid:grant>": "access.grant",
    "tenants/<uuid:tenant>": "tenants.tenant",
    "service-accounts/<uuid:account>": "accounts.serviceaccount",
    "applications/<uuid:application>": "accounts.registration",
}
"""Addresses at which administrators read one object, and its kind."""

LISTS_BY_REST: Final = {
    "organisations": "orgs.organisation",
    "departments": "orgs.department",
    "people": "accounts.user",
    "grants": "access.grant",
    "audit": "audit.entry",
    "tenants": "tenants.tenant",
    "service-accounts": "accounts.serviceaccount",
    "applications": "accounts.registration",
}

OTHERS_BY_REST: Final = {
    "me",
    "me/powers",
    "units",
    "roles",
    "roles/<uuid:role>",
    "grants/bulk",
    "users",
    "users/by-login",
    "users/<uuid:user>",
    "users/<uuid:user>/card",
    "directory",
    "directory/departments/<uuid:department>",
    "directory/departments/<uuid:department>/people",
    "contacts",
    "contacts/<uuid:user>",
    "blocks",
    "blocks/<uuid:user>",
    "organisations/<uuid:organisation>/status",
    "organisations/<uuid:organisation>/agreements",
    "organisations/<uuid:organisation>/imports",
    "organisations/<uuid:organisation>/export",
    "agreements/<uuid:agreement>",
    "departments/bulk",
    "placements/bulk",
    "departments/<uuid:department>/move",
    "people/bulk",
    "people/<uuid:user>/status",
    "people/<uuid:user>/password",
    "people/<uuid:user>/placements",
    "imports/<uuid:source>",
    "imports/<uuid:source>/apply",
    "tenants/<uuid:tenant>/status",
    "service-accounts/<uuid:account>/status",
    "service-accounts/<uuid:account>/secret",
    "applications/<uuid:application>/secret",
    "me/security",
    "me/terminals",
    "me/terminals/<uuid:terminal>",
    "me/terminals/revoke-others",
    "tickets",
    "tickets/spend",
    "conversations",
    "conversations/<uuid:conversation>",
    "conversations/<uuid:conversation>/members",
    "conversations/<uuid:conversation>/members/<uuid:user>",
    "conversations/<uuid:conversation>/events",
    "conversations/<uuid:conversation>/cursor",
}
"""For everybody, by visibility or membership; or writing, which the same services refuse that reading shows. Each is
tried across tenants by `tests/api/test_tenancy.py`, and across scopes by the tests of its own module."""


def addresses() -> Iterator[tuple[str, str]]:
    """Names with their namespaces, and addresses, of everything there is."""

    def walk(patterns: list[URLPattern | URLResolver], address: str, space: str) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            here = address + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
                yield from walk(pattern.url_patterns, here, inner)
            else:
                yield f"{space}{pattern.name}", here

    yield from walk(get_resolver().url_patterns, "", "")


def test_every_page_is_classified() -> None:
    names = {name for name, address in addresses() if not address.startswith(PREFIX)}

    assert {name for name in names if not OBJECT_PAGE.fullmatch(name) and name not in SITE} == set()
    assert set(SITE) - names == set()


def test_every_route_of_rest_is_classified() -> None:
    routes = {address.removeprefix(PREFIX) for _name, address in addresses() if address.startswith(PREFIX)}

    assert routes == OBJECTS_BY_REST.keys() | LISTS_BY_REST.keys() | OTHERS_BY_REST


@pytest.mark.parametrize("level", LEVELS)
def test_reading_an_object_by_rest_ends_at_the_scope(matrix: Matrix, level: str) -> None:
    rest = signed_in(matrix.world.admins[level])

    for route, label in OBJECTS_BY_REST.items():
        inside, outside = sides(label, matrix.things, level)
        for place, thing in {**inside, **outside}.items():
            answer = rest.request("GET", "/" + PREFIX + re.sub(r"<[^>]+>", str(thing.pk), route))
            assert answer.status == (200 if place in inside else 404), (route, place, answer.body)


@pytest.mark.parametrize("level", LEVELS)
def test_lists_of_rest_end_at_the_scope(matrix: Matrix, level: str) -> None:
    rest = signed_in(matrix.world.admins[level])

    for route, label in LISTS_BY_REST.items():
        _inside, outside = sides(label, matrix.things, level)
        answer = rest.request("GET", "/" + PREFIX + route)
        assert answer.status in {200, 400, 403}, (route, answer.body)
        assert not any(str(thing.pk) in str(answer.body) for thing in outside.values() if len(str(thing.pk)) > 30), (
            route
        )


@pytest.mark.parametrize("level", LEVELS)
def test_the_pages_of_apps_list_what_one_may_open(matrix: Matrix, level: str) -> None:
    client = matrix.client(level)

    for app in {model._meta.app_label for model in admin.site._registry}:
        opened = [
            model._meta.label_lower
            for model in admin.site._registry
            if model._meta.app_label == app and sides(model._meta.label_lower, matrix.things, level)[0]
        ]
        answer = client.get(reverse("admin:app_list", args=[app]))
        assert answer.status_code == (200 if opened else 404), app


def test_the_way_to_a_page_on_the_site_tells_nothing(matrix: Matrix) -> None:
    client = matrix.client("department")

    codes = {client.get(reverse("admin:view_on_site", args=[1, place])).status_code for place in ("1", "x")}

    assert codes == {404}
