"""Many administrators work on one tree at a time, and the tree stays whole. With real threads and transactions."""

import random
import threading
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from django.db import connection

from apps.access.roles import DEPARTMENT_ADMIN
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.common.errors import ImError
from apps.orgs import services
from apps.orgs.errors import AlreadyPlaced, DepartmentNotEmpty, DepartmentNotFound
from apps.orgs.models import Department, Organisation, Placement
from apps.orgs.services.mending import check_trees
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.orgs.conftest import NOW, Give, Grow, fresh, root_of

pytestmark = pytest.mark.django_db(transaction=True)

ADMINS = 10
MOVES_EACH = 6


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run every work in a thread of its own, all starting together; return results, or the refusal instead of one."""
    barrier = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        try:
            barrier.wait(30)
            results[place] = work()
        except ImError as refusal:
            results[place] = refusal
        except Exception as defect:
            results[place] = defect
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def defects(results: Sequence[object]) -> list[object]:
    return [each for each in results if isinstance(each, Exception) and not isinstance(each, ImError)]


def test_ten_admins_move_overlapping_subtrees(
    tenant: Tenant, boss: User, alice: User, root: Department, grow: Grow, give: Give
) -> None:
    other = root_of(services.create_organisation(boss, name="第二家", now=NOW))
    departments = [root, other]
    for number in range(24):
        departments.append(grow(random.Random(number).choice(departments[-6:]), f"D{number}"))
    grant = give(alice, DEPARTMENT_ADMIN, departments[-1].scope)

    def moves(seed: int) -> int:
        mine, done = random.Random(seed), 0
        for _ in range(MOVES_EACH):
            department, parent = mine.sample(departments, 2)
            try:
                services.move_department(
                    boss,
                    department_id=department.pk,
                    parent_id=parent.pk,
                    version=fresh(department).version,
                    now=NOW,
                )
                done += 1
            except ImError:
                continue
        return done

    results = at_once(*(partial(moves, seed) for seed in range(ADMINS)))

    assert defects(results) == []
    assert sum(done for done in results if isinstance(done, int)) > ADMINS
    assert list(check_trees(tenant)) == []
    grant.refresh_from_db()
    assert grant.scope == fresh(departments[-1]).path


def test_two_first_organisations_are_made_at_once(tenant: Tenant, boss: User) -> None:
    results = at_once(*(partial(services.create_organisation, boss, name=name, now=NOW) for name in ("一", "二", "一")))

    made = [each for each in results if isinstance(each, Organisation)]
    assert {company.name for company in made} == {"一", "二"}
    assert len(made) == 2
    assert defects(results) == []
    assert list(check_trees(tenant)) == []


def test_a_parent_goes_while_a_child_comes(tenant: Tenant, boss: User, root: Department, grow: Grow) -> None:
    for number in range(5):
        parent = grow(root, f"P{number}")

        made, gone = at_once(
            partial(services.create_department, boss, parent_id=parent.pk, name="child", now=NOW),
            partial(services.delete_department, boss, department_id=parent.pk, version=1, now=NOW),
        )

        assert isinstance(made, DepartmentNotFound) is (gone is None)
        assert isinstance(made, Department) is isinstance(gone, DepartmentNotEmpty)
    assert list(check_trees(tenant)) == []


def test_a_department_goes_while_somebody_comes(boss: User, alice: User, root: Department, grow: Grow) -> None:
    for number in range(5):
        department = grow(root, f"P{number}")

        placed, gone = at_once(
            partial(services.place_person, boss, user_id=alice.id, department_id=department.pk, now=NOW),
            partial(services.delete_department, boss, department_id=department.pk, version=1, now=NOW),
        )

        assert isinstance(placed, DepartmentNotFound) is (gone is None)
        assert isinstance(placed, Placement) is isinstance(gone, DepartmentNotEmpty)


def test_a_person_has_one_primary_place_however_many_come_at_once(
    boss: User, root: Department, grow: Grow, tenant: Tenant
) -> None:
    dora = create_user(tenant, username="dora", password=PASSWORD)
    homes = [grow(root, name) for name in "ABCD"] + [root, root]

    results = at_once(
        *(
            partial(services.place_person, boss, user_id=dora.id, department_id=home.pk, is_primary=True, now=NOW)
            for home in homes
        )
    )

    places = Placement.objects.for_tenant(tenant.id).filter(user=dora)
    assert sum(isinstance(each, AlreadyPlaced) for each in results) == 1
    assert places.count() == 5
    assert places.filter(is_primary=True).count() == 1
    assert defects(results) == []
