"""Whom it would keep out if a tenant let nobody in with a password: its other ways in are known here."""

from django.db.models import Exists, OuterRef
from django.utils.translation import ngettext

from apps.accounts.services.foresight import people_without_passkey
from apps.identity.configs.reading import FEDERATED
from apps.identity.models import Connection, Link
from apps.tenants.models import Tenant
from apps.tenants.preferences import Preferences


def passwords_gone(tenant: Tenant, before: Preferences, after: Preferences) -> str:
    """Tell who has no other way in, and whether there is one at all. Two queries at most."""
    if after.sign_in.allow_passwords or not before.sign_in.allow_passwords:
        return ""
    kinds = [*FEDERATED, Connection.Kind.LDAP]
    connections = Connection.objects.for_tenant(tenant.id).filter(is_active=True, kind__in=kinds)
    links = Link.objects.for_tenant(tenant.id).filter(user_id=OuterRef("pk"), connection__in=connections)
    count = people_without_passkey(tenant).exclude(Exists(links)).count()
    if not count:
        return ""
    if connections.exists():
        text = ngettext(
            "%(count)d person has neither a passkey nor a linked account: she comes in only if a connection finds her.",
            "%(count)d people have neither passkeys nor linked accounts: they come in only if a connection finds them.",
            count,
        )
    else:
        text = ngettext(
            "There is no connection to sign in by: %(count)d person has no passkey and can't come in any more.",
            "There is no connection to sign in by: %(count)d people have no passkeys and can't come in any more.",
            count,
        )
    return text % {"count": count}
