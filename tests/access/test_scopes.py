"""Scope paths: spelled one way, ordered, covering what lies within."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.access.scopes import (
    MAX_DEPTH,
    MAX_PATH_CHARS,
    SYSTEM,
    Level,
    Scope,
    organisation_scope,
    outermost,
    parse_scope,
    tenant_scope,
)
from apps.common.errors import InvalidInput

TENANT, ORGANISATION, DEPARTMENT = UUID(int=1), UUID(int=2), UUID(int=3)
ids = st.integers(min_value=0, max_value=2).map(lambda number: UUID(int=number))


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """Scopes from few ids, so that some lie within others."""
    depth = draw(st.integers(0, 5))
    if depth == 0:
        return SYSTEM
    if depth == 1:
        return tenant_scope(draw(ids))
    scope = organisation_scope(draw(ids), draw(ids))
    for _ in range(depth - 2):
        scope = scope.department(draw(ids))
    return scope


def parts(scope: Scope) -> list[str]:
    return scope.path.split("/") if scope.path else []


def chain(scope: Scope, size: int) -> Scope:
    for number in range(size):
        scope = scope.department(UUID(int=number))
    return scope


class TestPaths:
    def test_say_what_kind_of_place_they_lead_to(self) -> None:
        tenant = tenant_scope(TENANT)
        organisation = organisation_scope(TENANT, ORGANISATION)
        department = organisation.department(DEPARTMENT)

        assert [scope.level for scope in (SYSTEM, tenant, organisation, department)] == list(Level)
        assert (SYSTEM.tenant_id, tenant.tenant_id, department.tenant_id) == (None, TENANT, TENANT)
        assert (tenant.organisation_id, organisation.organisation_id) == (None, ORGANISATION)
        assert (organisation.department_id, department.department_id) == (None, DEPARTMENT)
        assert department.department(TENANT).department_id == TENANT
        assert str(tenant) == tenant.path

    def test_name_what_is_around(self) -> None:
        department = organisation_scope(TENANT, ORGANISATION).department(DEPARTMENT)

        assert department.parent == organisation_scope(TENANT, ORGANISATION)
        assert tenant_scope(TENANT).parent == SYSTEM
        assert SYSTEM.parent is None

    @given(scopes())
    def test_survive_being_spelled(self, scope: Scope) -> None:
        assert parse_scope(scope.path) == scope

    @pytest.mark.parametrize(
        "text",
        [
            "t:",
            "t:1",
            f"t:{TENANT}",
            f"T:{TENANT.hex}",
            f"t:{'A' * 32}",
            f"/t:{TENANT.hex}",
            f"t:{TENANT.hex}/",
            f"t:{TENANT.hex}\n",
            f"o:{TENANT.hex}",
            f"t:{TENANT.hex}/d:{TENANT.hex}",
            f"t:{TENANT.hex}/o:{TENANT.hex}/o:{TENANT.hex}",
            f"t:{TENANT.hex}/o:{TENANT.hex}/d:%",
            f"t:{'٣' * 32}",
            "x" * 100_000,
        ],
    )
    def test_have_one_spelling(self, text: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            parse_scope(text)

        assert refusal.value.fields["field"] == "scope"

    def test_go_as_deep_as_the_bound(self) -> None:
        deepest = chain(organisation_scope(TENANT, ORGANISATION), MAX_DEPTH)

        assert deepest.depth == MAX_DEPTH
        assert len(deepest.path) == MAX_PATH_CHARS
        assert tenant_scope(TENANT).depth == organisation_scope(TENANT, ORGANISATION).depth == 0
        with pytest.raises(InvalidInput):
            deepest.department(DEPARTMENT)

    def test_departments_are_below_organisations_only(self) -> None:
        for scope in (SYSTEM, tenant_scope(TENANT)):
            with pytest.raises(InvalidInput):
                scope.department(DEPARTMENT)


class TestCovering:
    @given(scopes(), scopes())
    def test_is_being_a_prefix_part_by_part(self, one: Scope, other: Scope) -> None:
        expected = parts(other)[: len(parts(one))] == parts(one)

        assert one.covers(other) is expected
        assert one.touches(other) is (one.covers(other) or other.covers(one))

    @given(scopes())
    def test_holds_for_all_that_is_around(self, scope: Scope) -> None:
        around = scope.parent

        assert SYSTEM.covers(scope)
        assert around is None or (around.covers(scope) and not scope.covers(around))


class TestOutermost:
    @given(st.lists(scopes(), max_size=12))
    def test_drops_exactly_what_others_cover(self, given_scopes: list[Scope]) -> None:
        expected = {scope for scope in given_scopes if not any(o.covers(scope) and o != scope for o in given_scopes)}

        assert outermost(given_scopes) == tuple(sorted(expected))


class TestMoving:
    def test_keeps_what_is_below(self) -> None:
        root = organisation_scope(TENANT, ORGANISATION)
        old, new = root.department(UUID(int=7)), root.department(UUID(int=8)).department(UUID(int=7))

        assert old.department(DEPARTMENT).moved(old, new) == new.department(DEPARTMENT)
        assert old.moved(old, new) == new

    def test_refuses_what_would_lie_too_deep(self) -> None:
        root = organisation_scope(TENANT, ORGANISATION)
        old = root.department(UUID(int=7))

        with pytest.raises(InvalidInput):
            old.department(DEPARTMENT).moved(old, chain(root, MAX_DEPTH))
