"""Rows below paths: the path itself and what continues it, not what merely begins the same."""

import pytest

from apps.access.models import Role
from apps.common.prefixes import NOTHING, below_paths
from apps.tenants.models import Tenant


@pytest.fixture
def names(tenant: Tenant) -> list[str]:
    names = ["a:1", "a:1/b:2", "a:1/b:22", "a:12"]
    for number, name in enumerate(names):
        Role(tenant_id=tenant.id, key=f"r{number}", name=name).save(force_insert=True)
    return names


def found(tenant: Tenant, paths: list[str]) -> set[str]:
    rows = Role.objects.for_tenant(tenant.id).filter(below_paths(paths, field="name"))
    return set(rows.values_list("name", flat=True))


def test_a_path_holds_itself_and_what_is_below(tenant: Tenant, names: list[str]) -> None:
    assert found(tenant, ["a:1"]) == {"a:1", "a:1/b:2", "a:1/b:22"}
    assert found(tenant, ["a:1/b:2", "a:12"]) == {"a:1/b:2", "a:12"}


def test_the_empty_path_holds_everything(tenant: Tenant, names: list[str]) -> None:
    assert found(tenant, ["a:12", ""]) == set(names)


def test_no_path_holds_nothing(tenant: Tenant, names: list[str]) -> None:
    assert found(tenant, []) == set()
    assert not Tenant.objects.filter(NOTHING).exists()
