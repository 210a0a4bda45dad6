"""Rows belong to one tenant, keys point downward, and no query forgets the tenant."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from apps.accounts.models import FailedProofs, SigningKey, Terminal, User
from apps.conversations.models import Conversation
from apps.jobs.models import Job
from apps.tenants.models import ScopedManager, Tenant, UnscopedQueryError
from tests.architecture.tree import app_rows, parsed, source_files

OUR_MODELS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
KEYED_APPS = {"common", "audit", "access"}
"""They lie below tenants: their rows hold the tenant's id and no reference."""
INSTALLATION_WIDE = {Tenant, SigningKey, FailedProofs, Job}
"""What every tenant shares: the list of tenants, the keys that the installation signs with, and how often a name that
may be nobody's was tried, and what the installation does by itself."""

BY_POWERS = "an administrator names a row by its id; her powers at its scope decide"
WITHIN = "counts what is within an administrator's scopes"
FORGETS = "what is of no use any more goes, whoever's it was"
CROSS_TENANT_FILES = {
    "apps/tenants/models.py": "defines the managers",
    "apps/tenants/resolution.py": "a host name leads to its tenant",
    "apps/accounts/models.py": "defines the managers",
    "apps/messaging/models.py": "defines the managers",
    "imsite/demo.py": "asks which of its own logins, of two tenants, exist",
    "apps/accounts/services/codes.py": "a code leads to its owner, whoever shows it",
    "apps/accounts/services/registrations.py": BY_POWERS,
    "apps/accounts/services/serving.py": "whose a program is, is asked before anybody is known",
    "apps/accounts/services/terminals.py": "a terminal id is unique across tenants: its owner is looked up across them",
    "apps/accounts/services/chains.py": "a terminal or a token tells whose it is: the ids of both are unique",
    "apps/accounts/services/placing.py": "who signs in is known by her token, whatever tenant that is",
    "apps/access/tasks.py": FORGETS,
    "apps/accounts/services/expiring.py": FORGETS,
    "apps/orgs/tasks.py": FORGETS,
    "apps/identity/tasks.py": FORGETS,
    "apps/accounts/selectors.py": "nodes ask who was shut out just now, of all tenants",
    "apps/accounts/services/naming.py": "makes everyone findable after an upgrade, whatever the tenant",
    "apps/orgs/selectors/people.py": "administrators look for people wherever their powers reach",
    "apps/orgs/selectors/lookup.py": BY_POWERS,
    "apps/orgs/exchange/exports.py": BY_POWERS,
    "apps/orgs/exchange/imports.py": BY_POWERS,
    "apps/orgs/selectors/administration.py": "administrators list what lies within their scopes",
    "apps/orgs/services/trees.py": "numbers of trees are unique across tenants",
    "apps/accounts/services/oversight.py": BY_POWERS,
    "apps/accounts/services/exchanges.py": "whom a token is made for is locked, whatever tenant that is",
    "apps/accounts/services/entry.py": "a sign-in under way names its person, whatever tenant that is",
    "apps/accounts/services/passkeys.py": "a passkey tells whose it is: its id is unique across tenants",
    "apps/accounts/services/resets.py": "a link tells whose it is: its digest is unique across tenants",
    "apps/identity/selectors.py": "the address of a sign-in names a connection before anybody is known",
    "apps/identity/services/connections.py": BY_POWERS,
    "apps/accounts/services/service_accounts.py": BY_POWERS,
    "apps/accounts/locators.py": "finds rows through people, of all tenants that the scopes reach",
    "apps/access/selectors.py": "scopes are the bound: those of the system's people reach into all tenants",
    "apps/access/services/grants.py": "system administrators are counted, and grants found by id, wherever they are",
    "apps/access/services/moves.py": "grants of the system's people go along with a tenant's departments",
    "apps/access/services/roles.py": "a role may be held by the system's people, too",
    "apps/audit/selectors.py": "lists the tenants that have a log, for the command that verifies all",
    "apps/identity/services/directories/ordering.py": BY_POWERS,
    "apps/identity/services/directories/runs.py": BY_POWERS,
    "apps/identity/services/scim/tokens.py": "a token itself tells its connection; administrators go by their powers",
    "imsite/exchange.py": "the command line names an organisation by its id, and who acts by her sign-in name",
    "imsite/overview/people.py": WITHIN,
    "imsite/overview/storage.py": WITHIN,
    "imsite/overview/waiting.py": WITHIN,
    "imsite/overview/alerts.py": WITHIN,
    "imsite/overview/directories.py": WITHIN,
    "imsite/overview/page.py": WITHIN,
    "imsite/overview/places.py": "names the places of an administrator's own grants",
    "apps/accounts/services.py": "sign-in finds the user by a name or token that itself tells the tenant",
}
CROSS_TENANT_FOLDERS = {"management", "admin", "backends"}


def app_of(model: type[models.Model]) -> str:
    return model.__module__.split(".")[1]


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model.__name__)
class TestEveryModel:
    def test_it_belongs_to_a_tenant(self, model: type[models.Model]) -> None:
        if model in INSTALLATION_WIDE:
            return

        field = model._meta.get_field("tenant_id" if app_of(model) in KEYED_APPS else "tenant")

        if app_of(model) in KEYED_APPS:
            assert isinstance(field, models.UUIDField)
        else:
            assert isinstance(field, models.ForeignKey)
            assert field.related_model is Tenant
        assert not field.null

    def test_its_manager_refuses_a_query_without_tenant(self, model: type[models.Model]) -> None:
        if model in INSTALLATION_WIDE:
            return
        manager = model.objects  # type: ignore[attr-defined]

        assert isinstance(manager, ScopedManager)
        with pytest.raises(UnscopedQueryError, match=model.__name__):
            manager.all()
        with pytest.raises(UnscopedQueryError):
            manager.filter(pk=None)

    def test_its_foreign_keys_point_down(self, model: type[models.Model]) -> None:
        rows = app_rows()
        keys = [field for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)]

        upward = [
            f"{model.__name__}.{key.name}"
            for key in keys
            if key.related_model.__module__.startswith("apps.")
            and app_of(key.related_model) != app_of(model)
            and rows[app_of(key.related_model)] >= rows[app_of(model)]
        ]

        assert upward == []


def test_a_scoped_query_sees_one_tenant_only(tenant: Tenant, other_tenant: Tenant, alice: User, eve: User) -> None:
    assert list(User.objects.for_tenant(tenant.id)) == [alice]
    assert list(User.objects.for_tenant(other_tenant.id)) == [eve]
    assert list(Conversation.objects.for_tenant(tenant.id)) == []
    assert Terminal.objects.for_tenant(tenant.id).count() == 0


def uses_unscoped(path: Path) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "unscoped" for node in ast.walk(parsed(path)))


def test_only_named_places_query_across_tenants() -> None:
    offenders = [
        path.as_posix()
        for path in source_files()
        if uses_unscoped(path)
        and path.as_posix() not in CROSS_TENANT_FILES
        and not CROSS_TENANT_FOLDERS & set(path.with_suffix("").parts)
    ]

    assert offenders == []


def sql_texts() -> list[tuple[str, str]]:
    """String constants of messaging that are statements on tenant-scoped tables."""
    found = []
    for path in source_files():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if any(f"{verb} " in text for verb in ("SELECT", "UPDATE", "INSERT INTO", "DELETE")) and (
                    "messaging_" in text or "conversations_" in text or "accounts_" in text
                ):
                    found.append((f"{path.as_posix()}:{node.lineno}", text))
    return found


def test_every_statement_of_plain_sql_names_the_tenant() -> None:
    statements = sql_texts()

    assert statements, "the hot path is plain SQL; finding none means this test reads the wrong places"
    assert [place for place, text in statements if "tenant_id" not in text] == []
