"""The order in which services lock (`services.trees`): roots, the department itself, the person, the audit log.

Whoever deletes a department or closes an organisation locks the departments so strongly that whoever places somebody
there, and only keeps it from vanishing, waits.
"""

from collections.abc import Callable

import pytest

from apps.accounts.models import User
from apps.orgs import services
from apps.orgs.models import Agreement, Department, Organisation
from apps.orgs.services import OrganisationChange, PersonChange, PlacementChange
from apps.orgs.services.agreements import change_agreement, end_agreement, make_agreement
from tests.locks import held_by
from tests.orgs.conftest import NOW, Grow

TENANT = ("tenants_tenant", "NO KEY UPDATE")
ROOTS = ("orgs_department", "NO KEY UPDATE")
DEPARTMENT = ("orgs_department", "UPDATE")
STAYS = ("orgs_department", "KEY SHARE")
ORGANISATION = ("orgs_organisation", "NO KEY UPDATE")
AGREEMENT = ("orgs_agreement", "UPDATE")
PERSON = ("accounts_user", "NO KEY UPDATE")
LOG = ("audit_head", "UPDATE")


@pytest.fixture
def inner(root: Department, grow: Grow) -> Department:
    return grow(root, "A")


def test_making_changing_moving_and_deleting_a_department(
    boss: User, root: Department, inner: Department, grow: Grow
) -> None:
    beside = grow(root, "B")

    made = held_by(lambda: services.create_department(boss, parent_id=inner.pk, name="A1", now=NOW))
    changed = held_by(lambda: services.change_department(boss, department_id=inner.pk, version=1, name="A2", now=NOW))
    moved = held_by(
        lambda: services.move_department(boss, department_id=inner.pk, parent_id=beside.pk, version=2, now=NOW)
    )
    empty = grow(root, "C")
    deleted = held_by(lambda: services.delete_department(boss, department_id=empty.pk, version=1, now=NOW))

    assert made == changed == moved == [ROOTS, LOG]
    assert deleted == [ROOTS, DEPARTMENT, LOG]


def test_making_changing_and_closing_an_organisation(boss: User, company: Organisation) -> None:
    made = held_by(lambda: services.create_organisation(boss, name="红海", now=NOW))
    change = OrganisationChange(name="深海")
    changed = held_by(
        lambda: services.change_organisation(boss, organisation_id=company.id, version=1, change=change, now=NOW)
    )
    closed = held_by(lambda: services.close_organisation(boss, organisation_id=company.id, version=2, now=NOW))

    assert made == [TENANT, LOG]
    assert changed == [ROOTS, ORGANISATION, LOG]
    assert closed == [ROOTS, ORGANISATION, DEPARTMENT, LOG]


def test_placing_somebody_and_taking_her_place_away(boss: User, alice: User, inner: Department) -> None:
    placed = held_by(lambda: services.place_person(boss, user_id=alice.id, department_id=inner.pk, now=NOW))
    place = inner.placements.get()
    change = PlacementChange(title="组长")
    changed = held_by(lambda: services.change_placement(boss, placement_id=place.pk, version=1, change=change, now=NOW))
    removed = held_by(lambda: services.remove_placement(boss, placement_id=place.pk, version=2, now=NOW))

    assert placed == changed == removed == [STAYS, PERSON, LOG]


@pytest.mark.parametrize(
    "act",
    [
        lambda boss, user: services.change_person(
            boss, user_id=user.id, version=user.version, change=PersonChange(display_name="Al"), now=NOW
        ),
        lambda boss, user: services.deactivate_person(boss, user_id=user.id, now=NOW),
    ],
)
def test_acting_on_a_person(boss: User, alice: User, act: Callable[[User, User], object]) -> None:
    locks = held_by(lambda: act(boss, alice))

    assert locks[0] == PERSON
    assert locks[-1] == LOG


def test_agreeing_something_changing_and_ending_it(boss: User, company: Organisation) -> None:
    partner = services.create_organisation(boss, name="红海", now=NOW)

    made = held_by(lambda: make_agreement(boss, from_id=company.id, to_id=partner.id, now=NOW))
    agreement = Agreement.objects.for_tenant(company.tenant_id).get()
    changed = held_by(
        lambda: change_agreement(
            boss, agreement_id=agreement.pk, version=1, may_see=True, may_write=True, expires_at=None, now=NOW
        )
    )
    ended = held_by(lambda: end_agreement(boss, agreement_id=agreement.pk, version=2, now=NOW))

    assert made == [ORGANISATION, LOG]
    assert changed == ended == [AGREEMENT, LOG]
