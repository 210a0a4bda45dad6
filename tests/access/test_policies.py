"""Powers, against a plain reference: the set of (unit, scope) pairs, written out for a small world."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.access.errors import EndsTooLate, NotPermitted
from apps.access.policies import ALL, NONE, Held, Powers, held
from apps.access.scopes import SYSTEM, Level, Scope, organisation_scope, tenant_scope
from apps.access.units import Unit

UNITS = [Unit(f"app.thing.{level.name.lower()}", "", "", level) for level in Level]
END = datetime(2026, 1, 1, tzinfo=UTC)


def world() -> list[Scope]:
    """Two tenants with two organisations each, with departments two deep."""
    places = [SYSTEM]
    for tenant in (UUID(int=1), UUID(int=2)):
        places.append(tenant_scope(tenant))
        for organisation in (UUID(int=3), UUID(int=4)):
            root = organisation_scope(tenant, organisation)
            below = [root.department(UUID(int=number)) for number in (5, 6)]
            places += [root, *below, *(each.department(UUID(int=7)) for each in below)]
    return places


WORLD = world()
ends = st.one_of(st.none(), st.integers(0, 3).map(lambda days: END + timedelta(days=days)))
grants = st.lists(
    st.tuples(st.sets(st.sampled_from(UNITS)), st.sampled_from(WORLD), ends),
    max_size=6,
)


class Reference:
    """Every pair of unit and place, written out, with the ends of the grants that give it."""

    def __init__(self, given_grants: list[tuple[set[Unit], Scope, datetime | None]]) -> None:
        self.pairs: dict[tuple[Unit, Scope], list[datetime | None]] = {}
        for units, scope, end in given_grants:
            for place in WORLD:
                inside = place.path == scope.path or place.path.startswith(scope.path + "/") or scope == SYSTEM
                for unit in units:
                    if inside and scope.level <= unit.lowest:
                        self.pairs.setdefault((unit, place), []).append(end)

    def places(self, unit: Unit) -> set[Scope]:
        return {place for each, place in self.pairs if each == unit}


def powers_from(given_grants: list[tuple[set[Unit], Scope, datetime | None]]) -> Powers:
    return Powers(tuple(held(units, scope, end) for units, scope, end in given_grants))


class TestPowers:
    @given(grants, st.sampled_from(UNITS), st.sampled_from(WORLD))
    def test_are_the_sum_of_grants(
        self, given_grants: list[tuple[set[Unit], Scope, datetime | None]], unit: Unit, place: Scope
    ) -> None:
        powers, reference = powers_from(given_grants), Reference(given_grants)

        assert powers.may(unit, place) is ((unit, place) in reference.pairs)
        assert {each for each in WORLD if any(scope.covers(each) for scope in powers.scopes(unit))} == (
            reference.places(unit)
        )
        assert powers.reaches(unit, place) is any(
            place.covers(each) or each.covers(place) for each in reference.places(unit)
        )
        assert powers.has_any is bool(reference.pairs)

    @given(grants, st.sampled_from(UNITS), st.sampled_from(WORLD))
    def test_end_when_the_last_grant_of_them_ends(
        self, given_grants: list[tuple[set[Unit], Scope, datetime | None]], unit: Unit, place: Scope
    ) -> None:
        powers, ends_there = powers_from(given_grants), Reference(given_grants).pairs.get((unit, place))

        if ends_there is None:
            with pytest.raises(NotPermitted):
                powers.ends(unit, place)
        else:
            forever = None in ends_there
            expected = None if forever else max(end for end in ends_there if end is not None)
            assert powers.ends(unit, place) == expected

    @given(grants, grants)
    def test_cover_others_when_no_pair_is_missing(
        self,
        one: list[tuple[set[Unit], Scope, datetime | None]],
        other: list[tuple[set[Unit], Scope, datetime | None]],
    ) -> None:
        expected = Reference(other).pairs.keys() <= Reference(one).pairs.keys()

        assert powers_from(one).covers(powers_from(other)) is expected

    @given(grants, st.frozensets(st.sampled_from(UNITS)))
    def test_narrowed_are_those_pairs_whose_unit_is_left(
        self, given_grants: list[tuple[set[Unit], Scope, datetime | None]], left: frozenset[Unit]
    ) -> None:
        powers, reference = powers_from(given_grants).narrowed(left), Reference(given_grants)

        for unit in UNITS:
            for place in WORLD:
                assert powers.may(unit, place) is (unit in left and (unit, place) in reference.pairs)

    def test_refuse_by_name_of_unit_and_place(self) -> None:
        unit, place = UNITS[3], WORLD[1]

        Powers((Held(frozenset({unit}), place),)).require(unit, place)
        with pytest.raises(NotPermitted) as refusal:
            NONE.require(unit, place)

        assert refusal.value.fields == {"unit": unit.code, "scope": place.path}


class TestAll:
    def test_may_everything_everywhere_for_ever(self) -> None:
        for unit in UNITS:
            assert all(ALL.may(unit, place) and ALL.reaches(unit, place) for place in WORLD)
            assert ALL.scopes(unit) == (SYSTEM,)
            assert ALL.ends(unit, SYSTEM) is None
        assert ALL.has_any

    def test_narrowed_is_some_units_everywhere(self) -> None:
        some = ALL.narrowed(frozenset(UNITS[:1]))

        assert [some.may(unit, place) for unit in UNITS[:2] for place in WORLD] == [True] * len(WORLD) + [False] * len(
            WORLD
        )

    def test_is_covered_by_nothing_less(self) -> None:
        everything = Powers((held(UNITS, SYSTEM),))

        assert ALL.covers(everything)
        assert ALL.covers(ALL)
        assert not everything.covers(ALL)
        assert everything.covers(NONE)


def test_units_that_mean_nothing_so_deep_are_not_held() -> None:
    by_level = {scope.level: held(UNITS, scope).units for scope in WORLD}

    assert by_level == {level: frozenset(unit for unit in UNITS if unit.lowest >= level) for level in Level}


class TestPowersThatEnd:
    LATER = END + timedelta(days=1)

    @pytest.mark.parametrize(
        ("own", "theirs", "outlasts"),
        [(None, None, True), (None, END, True), (END, END, True), (END, LATER, False), (END, None, False)],
    )
    def test_outlast_those_that_end_no_later(
        self, own: datetime | None, theirs: datetime | None, outlasts: bool
    ) -> None:
        unit, place = UNITS[Level.DEPARTMENT], WORLD[1]

        assert powers_from([({unit}, place, own)]).outlasts(powers_from([({unit}, place, theirs)])) is outlasts

    def test_outlast_only_what_they_cover(self) -> None:
        unit, place = UNITS[Level.DEPARTMENT], WORLD[1]

        assert not powers_from([({unit}, place, None)]).outlasts(powers_from([({unit}, SYSTEM, END)]))
        assert ALL.outlasts(powers_from([({unit}, SYSTEM, None)]))
        assert ALL.outlasts(ALL)
        assert not powers_from([({unit}, SYSTEM, None)]).outlasts(ALL)

    def test_are_required_until_they_end(self) -> None:
        unit, place = UNITS[Level.DEPARTMENT], WORLD[1]
        powers = powers_from([({unit}, place, END)])

        powers.require_until(unit, place, END)
        ALL.require_until(unit, place, None)
        for until in (self.LATER, None):
            with pytest.raises(EndsTooLate):
                powers.require_until(unit, place, until)
        with pytest.raises(NotPermitted):
            powers.require_until(unit, SYSTEM, END)
