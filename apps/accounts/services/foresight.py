"""What a change of a tenant's rules of signing in would mean for its people; asked before it is made.

Numbers are of the moment: nobody is locked, as whoever changes rules is only told. Which ways in there are besides
passwords and passkeys is for the apps above.
"""

from datetime import timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import ngettext

from apps.access.models import Grant
from apps.accounts.models import CodeGenerator, Passkey, User
from apps.tenants.models import Tenant
from apps.tenants.preferences import Preferences


def people_of(tenant: Tenant) -> QuerySet[User]:
    """Return the active people of a tenant. Unordered."""
    return User.objects.for_tenant(tenant.id).filter(is_active=True, kind=User.Kind.PERSON)


def factors_missing(tenant: Tenant, before: Preferences, after: Preferences) -> str:
    """Tell how many would have to set up a second factor. One query."""
    demand = after.sign_in.second_factor
    if demand in ("optional", before.sign_in.second_factor):
        return ""
    people = people_of(tenant).exclude(_has(CodeGenerator, tenant)).exclude(_has(Passkey, tenant))
    if demand == "admins":
        granted = Grant.objects.for_tenant(tenant.id).filter(user_id=OuterRef("pk"))
        holds = granted.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))
        people = people.filter(Q(is_superuser=True) | Exists(holds))
    count = people.count()
    text = ngettext(
        "%(count)d person has no second factor: she sets one up at her next sign-in, and programs that ask for her "
        "password are refused.",
        "%(count)d people have no second factor: they set one up at their next sign-in, and programs that ask for "
        "their password are refused.",
        count,
    )
    return text % {"count": count} if count else ""


def passwords_outdated(tenant: Tenant, before: Preferences, after: Preferences) -> str:
    """Tell how many would have to choose another password. One query."""
    was, days = before.sign_in.password_max_age_days, after.sign_in.password_max_age_days
    if not days or (was and was <= days):
        return ""
    has_none = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX) | Q(password__exact="")
    born = people_of(tenant).exclude(has_none).annotate(born_at=Coalesce("password_set_at", "created_at"))
    count = born.filter(born_at__lt=timezone.now() - timedelta(days=days)).count()
    text = ngettext(
        "%(count)d person has an older password and chooses another one at her next sign-in.",
        "%(count)d people have older passwords and choose others at their next sign-in.",
        count,
    )
    return text % {"count": count} if count else ""


def people_without_passkey(tenant: Tenant) -> QuerySet[User]:
    """Return the active people whom no passkey lets in; superusers keep their passwords whatever the tenant says."""
    return people_of(tenant).filter(is_superuser=False).exclude(_has(Passkey, tenant))


def _has(model: type[CodeGenerator] | type[Passkey], tenant: Tenant) -> Exists:
    return Exists(model.objects.for_tenant(tenant.id).filter(user_id=OuterRef("pk")))
