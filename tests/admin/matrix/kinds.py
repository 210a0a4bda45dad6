"""One object of every kind that the admin shows, at each place of the world, and who should see it there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model, get_refresh_token_model

from apps.access.models import Role
from apps.access.roles import AUDITOR
from apps.accounts.models import Registration, ServiceAccount, User
from apps.accounts.services import create_user
from apps.audit.services import Change, record
from apps.common.clock import now_ms
from apps.identity.models import Connection, DirectoryRun, Link, ScimToken
from apps.jobs.models import Job
from apps.messaging.services.conversations import start_group
from apps.orgs.models import Agreement, Organisation, Placement
from tests.accounts.browsers import browser_of
from tests.admin.conftest import give_role, make_terminal, make_tokens
from tests.admin.world import LEVELS, PLACES, World


@dataclass(frozen=True)
class Kind:
    """How to make one at a place, and the deepest level whose admins see any of them."""

    make: Callable[[World, str], Model]
    lowest: str = "department"

    def is_seen(self, level: str, place: str) -> bool:
        """Whether admins of a level see the one at a place."""
        return level in PLACES[place] and LEVELS.index(level) <= LEVELS.index(self.lowest)


def _token(model: Any) -> Callable[[World, str], Model]:
    def make(world: World, place: str) -> Model:
        make_tokens(world.people[place], f"{model._meta.model_name}-{place}")
        token: Model = model.objects.filter(user=world.people[place]).latest("pk")
        return token

    return make


def _registration(world: World, place: str) -> Model:
    application = get_application_model().objects.create(name=f"Program {place}", client_id=uuid4().hex)
    return Registration.unscoped.create(
        tenant_id=world.people[place].tenant_id, application=application, kind="app", scopes=["openid"]
    )


def _agreement(world: World, place: str) -> Model:
    giver = world.department_of(place).organisation
    other = Organisation.unscoped.create(tenant=giver.tenant, name=f"Partner of {place}")
    return Agreement.unscoped.create(tenant=giver.tenant, from_organisation=giver, to_organisation=other)


def _role(world: World, place: str) -> Model:
    tenant_id = world.people[place].tenant_id
    return Role.unscoped.create(tenant_id=tenant_id, key=f"role-{place}", name=f"Role {place}", units=[])


def _connection(world: World, place: str) -> Model:
    tenant_id = world.people[place].tenant_id
    return Connection.unscoped.create(tenant_id=tenant_id, kind="oidc", name=f"Provider {place}")


def _directory(world: World, place: str) -> Connection:
    tenant_id = world.people[place].tenant_id
    return Connection.unscoped.create(tenant_id=tenant_id, kind="ldap", name=f"Directory for {place}")


def _run(world: World, place: str) -> Model:
    connection = _directory(world, place)
    return DirectoryRun.unscoped.create(
        tenant_id=connection.tenant_id, connection=connection, started_by=f"boss of {place}"
    )


def _scim_token(world: World, place: str) -> Model:
    tenant_id = world.people[place].tenant_id
    connection = Connection.unscoped.create(tenant_id=tenant_id, kind="scim", name=f"Program for {place}")
    return ScimToken.unscoped.create(tenant_id=tenant_id, connection=connection, digest=uuid4().hex, hint=f"im{place}")


def _link(world: World, place: str) -> Model:
    person = world.people[place]
    connection, _made = Connection.unscoped.get_or_create(
        tenant_id=person.tenant_id, kind="oidc", name=f"Provider for {place}"
    )
    return Link.unscoped.create(
        tenant_id=person.tenant_id, connection=connection, user=person, external_id=f"sub-{place}"
    )


def _entry(world: World, place: str) -> Model:
    person = world.people[place]
    with transaction.atomic():
        return record(
            Change(
                tenant_id=person.tenant_id,
                actor_id=None,
                actor_login="somebody",
                scope=world.department_of(place).path,
                action="tests.thing.done",
                kind="thing",
                target_id=f"thing-{place}",
                target_label=f"Thing {place}",
            )
        )


def _service_account(world: World, place: str) -> Model:
    bot = create_user(world.people[place].tenant, username=f"bot-{place}", password=None, display_name=f"Bot {place}")
    User.unscoped.filter(pk=bot.pk).update(kind=User.Kind.SERVICE)
    return ServiceAccount.unscoped.create(user=bot, tenant=bot.tenant, secret_changed_at=timezone.now())


KINDS: Final[dict[str, Kind]] = {
    "access.grant": Kind(lambda w, p: give_role(w.people[p], AUDITOR, scope=w.department_of(p).scope)),
    "access.role": Kind(_role, lowest="tenant"),
    "accounts.browsersession": Kind(lambda w, p: browser_of(w.people[p], f"Browser of {p}")),
    "accounts.registration": Kind(_registration, lowest="tenant"),
    "accounts.serviceaccount": Kind(_service_account, lowest="tenant"),
    "accounts.terminal": Kind(lambda w, p: make_terminal(w.people[p], f"Desk of {p}")),
    "accounts.user": Kind(lambda w, p: w.people[p]),
    "audit.entry": Kind(_entry),
    "conversations.conversation": Kind(
        lambda w, p: start_group(w.people[p], title=f"Group of {p}", member_ids=[], now_ms=now_ms()), lowest="tenant"
    ),
    "identity.connection": Kind(_connection, lowest="tenant"),
    "identity.directoryrun": Kind(_run, lowest="tenant"),
    "identity.link": Kind(_link),
    "identity.scimtoken": Kind(_scim_token, lowest="tenant"),
    "jobs.job": Kind(lambda w, p: Job.objects.create(name=f"tests.{p}", due_at=timezone.now()), lowest="system"),
    "oauth2_provider.accesstoken": Kind(_token(get_access_token_model())),
    "oauth2_provider.refreshtoken": Kind(_token(get_refresh_token_model())),
    "orgs.agreement": Kind(_agreement, lowest="organisation"),
    "orgs.department": Kind(lambda w, p: w.department_of(p)),
    "orgs.organisation": Kind(lambda w, p: w.department_of(p).organisation, lowest="organisation"),
    "orgs.placement": Kind(lambda w, p: Placement.unscoped.get(user=w.people[p])),
    "tenants.tenant": Kind(lambda w, p: w.people[p].tenant, lowest="tenant"),
}
"""By the label of the model. What has a page and is not here fails the matrix."""

Things = dict[str, dict[str, Model]]


def make_things(world: World) -> Things:
    """Make them all: by kind, then place."""
    return {label: {place: kind.make(world, place) for place in PLACES} for label, kind in KINDS.items()}


def sides(label: str, things: Things, level: str) -> tuple[dict[str, Model], dict[str, Model]]:
    """Return what admins of a level should see of a kind, and what not. What is seen anywhere is outside nowhere."""
    inside = {place: thing for place, thing in things[label].items() if KINDS[label].is_seen(level, place)}
    seen = {thing.pk for thing in inside.values()}
    return inside, {place: thing for place, thing in things[label].items() if thing.pk not in seen}
