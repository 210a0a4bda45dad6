"""What is here, in the planner's words."""

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.identity.models import Absence, DepartmentLink, Link
from apps.identity.services.directories.presenting import read_present
from apps.identity.syncing.states import PresentDepartment, PresentPlace
from apps.orgs.models import Department
from apps.orgs.services import place_person
from tests.conftest import PASSWORD
from tests.identity.conftest import Connect
from tests.identity.services.directories.conftest import NOW
from tests.orgs.conftest import Grow


def test_linked_and_local_rows_are_told_apart(root: Department, grow: Grow, boss: User, connect: Connect) -> None:
    connection = connect(root.tenant, "ldap")
    linked, local = grow(root, "研发部"), grow(root, "本地")
    for department, key in ((linked, "d1"),):
        DepartmentLink(tenant=root.tenant, connection=connection, department=department, external_id=key).save()
    wei, stranger = (create_user(root.tenant, username=name, password=PASSWORD) for name in ("wei", "stranger"))
    Link(tenant=root.tenant, connection=connection, user=wei, external_id="p1").save()
    Absence(tenant=root.tenant, connection=connection, user=wei).save()
    User.objects.for_tenant(root.tenant_id).filter(pk=wei.pk).update(is_active=False)
    for user in (wei, stranger):
        place_person(boss, user_id=user.pk, department_id=linked.pk, title="组长", now=NOW)

    present = read_present(connection, root, {"stranger", "boss"})

    assert present.root == root.pk
    assert present.departments == (
        PresentDepartment(linked.pk, root.pk, "研发部", "d1", has_locals=True),
        PresentDepartment(local.pk, root.pk, "本地"),
    )
    people = {each.username: each for each in present.people}
    assert (people["wei"].key, people["wei"].is_ours_to_activate, people["wei"].is_adoptable) == ("p1", True, False)
    assert people["wei"].places == {linked.pk: PresentPlace("组长", is_primary=True)}
    assert (people["stranger"].key, people["stranger"].is_adoptable) == (None, True)
    assert not people["boss"].is_adoptable


def test_whose_primary_place_is_elsewhere_is_known(root: Department, grow: Grow, boss: User, connect: Connect) -> None:
    connection = connect(root.tenant, "ldap")
    theirs, elsewhere = grow(root, "目录"), grow(root, "别处")
    wei, li = (create_user(root.tenant, username=name, password=PASSWORD) for name in ("wei", "li"))
    for user, primary in ((wei, elsewhere), (li, theirs)):
        Link(tenant=root.tenant, connection=connection, user=user, external_id=user.username).save()
        for department in (elsewhere, theirs):
            place_person(boss, user_id=user.pk, department_id=department.pk, is_primary=department == primary, now=NOW)

    present = read_present(connection, theirs, set())

    people = {each.username: each for each in present.people}
    assert people["wei"].has_primary_elsewhere
    assert not people["li"].has_primary_elsewhere
    assert [set(each.places) for each in people.values()] == [{theirs.pk}] * 2
