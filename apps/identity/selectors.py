"""Reading connections and links. Everything is about one tenant, but for the connection that an address names before
anybody is known.
"""

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.accounts.models.credentials import Passkey
from apps.identity.configs.reading import FEDERATED
from apps.identity.errors import ConnectionNotFound
from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant
from apps.tenants.preferences import read_preferences


def get_way_in(connection_id: UUID) -> Connection:
    """Return an active connection of an active tenant, tenant loaded, that people sign in with. One query.

    Raises ConnectionNotFound.
    """
    rows = Connection.unscoped.select_related("tenant").filter(is_active=True, kind__in=FEDERATED)
    found = rows.filter(pk=connection_id, tenant__status=Tenant.Status.ACTIVE).first()
    if found is None:
        raise ConnectionNotFound(connection=str(connection_id))
    return found


def ways_in(tenant_id: UUID) -> QuerySet[Connection]:
    """Return the active connections that people of a tenant sign in with at another party, by name and id."""
    rows = Connection.objects.for_tenant(tenant_id).filter(is_active=True, kind__in=FEDERATED)
    return rows.order_by("name", "id")


def find_link(connection: Connection, external_id: str) -> Link | None:
    """Return the link of an account there, person and her tenant loaded. One query."""
    rows = Link.objects.for_tenant(connection.tenant_id).select_related("user__tenant")
    return rows.filter(connection=connection, external_id=external_id).first()


def links_of(user: User) -> QuerySet[Link]:
    """Return somebody's links, connections loaded, oldest first."""
    rows = Link.objects.for_tenant(user.tenant_id).filter(user_id=user.pk)
    return rows.select_related("connection").order_by("created_at", "id")


def has_another_way_in(user: User, *, without: Link) -> bool:
    """Tell whether she could still sign in without one of her links. Two queries at most."""
    if user.has_usable_password() and read_preferences(user.tenant.settings).sign_in.allow_passwords:
        return True
    signs_in = Q(connection__kind__in=[*FEDERATED, Connection.Kind.LDAP], connection__is_active=True)
    if links_of(user).filter(signs_in).exclude(pk=without.pk).exists():
        return True
    return Passkey.objects.for_tenant(user.tenant_id).filter(user_id=user.pk).exists()
