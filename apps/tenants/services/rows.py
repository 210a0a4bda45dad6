"""Everything that belongs to a tenant, by model: found, not listed, so that no new table is forgotten."""

from typing import Any, Final, NamedTuple

from django.apps import apps
from django.db import models

from apps.tenants.models import Tenant

KEPT_APPS: Final = frozenset({"audit"})
"""Stay when a tenant is erased: the log of what was done cannot be undone, and knows tenants by their ids alone."""

AnyModel = type[models.Model]


class Dependent(NamedTuple):
    """A model without a tenant of its own whose rows lead to one by a foreign key."""

    model: AnyModel
    key: "models.ForeignKey[Any, Any]"


class Possession(NamedTuple):
    """A model without a tenant whose row a tenant's row has for itself: `key` is that row's one-to-one field."""

    owner: AnyModel
    key: "models.OneToOneField[Any, Any]"
    model: AnyModel


def tenant_models() -> list[AnyModel]:
    """Return the models whose rows name their tenant, by label."""
    return sorted((model for model in _all() if names_tenant(model)), key=lambda model: model._meta.label_lower)


def dependents() -> list[Dependent]:
    """Return the models whose rows lead to a tenant by one of the others, such as a user's tokens."""
    return [
        Dependent(model, field)
        for parent in tenant_models()
        for model, field in pointing_at(parent)
        if not names_tenant(model)
    ]


def possessions() -> list[Possession]:
    """Return what tenants' rows have for themselves, such as a registration the program that it is about."""
    return [
        Possession(owner, field, field.related_model)
        for owner in tenant_models()
        for field in owner._meta.concrete_fields
        if isinstance(field, models.OneToOneField)
        and isinstance(field.related_model, type)
        and not names_tenant(field.related_model)
        and field.related_model is not Tenant
    ]


def pointing_at(parent: AnyModel) -> list[Dependent]:
    """Return the models with a foreign key to this one."""
    return [
        Dependent(model, field)
        for model in _all()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is parent
    ]


def primary_key(model: "AnyModel | str") -> str:
    """Return the column that identifies rows of the model."""
    assert isinstance(model, type)  # noqa: S101 - relations are resolved once apps are loaded
    return str(model._meta.pk.column)


def is_leaf(model: AnyModel) -> bool:
    """Tell whether rows of the model can go a few at a time: no row refers to them, and none is found by them."""
    return not pointing_at(model) and all(each.owner is not model for each in possessions())


def names_tenant(model: AnyModel) -> bool:
    """Tell whether rows of the model have a tenant's id."""
    return any(field.column == "tenant_id" for field in model._meta.concrete_fields)


def _all() -> list[AnyModel]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
