"""Everything that belongs to a tenant, by model: found, not listed, so that no new table is forgotten."""

from typing import Any, Final, NamedTuple

from django.apps import apps
from django.db import models

KEPT_APPS: Final = frozenset({"audit"})
"""Stay when a tenant is erased: the log of what was done cannot be undone, and knows tenants by their ids alone."""

AnyModel = type[models.Model]


class Dependent(NamedTuple):
    """A model without a tenant of its own whose rows lead to one by a foreign key."""

    model: AnyModel
    key: "models.ForeignKey[Any, Any]"


def tenant_models() -> list[AnyModel]:
    """Return the models whose rows name their tenant, by label."""
    return sorted((model for model in _all() if names_tenant(model)), key=lambda model: model._meta.label_lower)


def dependents() -> list[Dependent]:
    """Return the models whose rows lead to a tenant by one of the others, such as a user's tokens."""
    return [
        Dependent(model, field)
        for model in _all()
        if not names_tenant(model)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and isinstance(field.related_model, type)
        and names_tenant(field.related_model)
    ]


def is_leaf(model: AnyModel) -> bool:
    """Tell whether no row refers to rows of the model: they can go a few at a time."""
    return not any(
        isinstance(field, models.ForeignKey) and field.related_model is model
        for other in _all()
        for field in other._meta.concrete_fields
    )


def names_tenant(model: AnyModel) -> bool:
    """Tell whether rows of the model have a tenant's id."""
    return any(field.column == "tenant_id" for field in model._meta.concrete_fields)


def _all() -> list[AnyModel]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
