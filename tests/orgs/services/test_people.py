"""Accounts are seen to by who has power at all places of a person, and by nobody below her."""

from datetime import timedelta

import pytest

from apps.access.errors import LastSystemAdmin, NotPermitted
from apps.access.roles import DEPARTMENT_ADMIN, ORGANISATION_ADMIN, SYSTEM_ADMIN, TENANT_ADMIN
from apps.access.scopes import SYSTEM, tenant_scope
from apps.access.services import grant_role
from apps.accounts.errors import PasswordTooWeak, UsernameTaken, UserNotFound
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.common.errors import InvalidInput, Stale
from apps.orgs import services
from apps.orgs.errors import OneselfStays, PersonOutranks
from apps.orgs.models import Department, PersonSettings, Placement
from apps.orgs.services import NewPerson, PersonChange
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from tests.conftest import PASSWORD
from tests.orgs.conftest import NOW, Give, Grow

NEW = NewPerson(username="zxm", password=PASSWORD, display_name="张晓明", title="工程师", is_leader=True, sort=2)


def place(actor: User, user: User, department: Department) -> Placement:
    return services.place_person(actor, user_id=user.id, department_id=department.pk, now=NOW)


def stored(user: User) -> User:
    return User.objects.for_tenant(user.tenant_id).get(pk=user.pk)


def test_a_person_is_made_with_her_place(boss: User, root: Department) -> None:
    user = services.create_person(boss, person=NEW, department_id=root.pk, now=NOW)

    placement = Placement.objects.for_tenant(user.tenant_id).get(user=user)
    assert (user.login, user.display_name) == ("zxm@acme", "张晓明")
    assert (placement.department_id, placement.is_primary) == (root.pk, True)
    assert (placement.title, placement.is_leader, placement.sort) == ("工程师", True, 2)
    assert stored(user).check_password(PASSWORD)


def test_making_a_person_is_told_without_her_password(boss: User, root: Department) -> None:
    services.create_person(boss, person=NEW, department_id=root.pk, now=NOW)

    entries = Entry.objects.for_tenant(boss.tenant_id).filter(actor_id=boss.id).order_by("number")
    assert [entry.action for entry in entries][-2:] == ["orgs.person.created", "orgs.placement.created"]
    assert all(PASSWORD not in str((entry.before, entry.after)) for entry in entries)


def test_a_person_without_place_is_of_the_tenant(boss: User, alice: User, root: Department, give: Give) -> None:
    give(alice, ORGANISATION_ADMIN, root.scope)

    user = services.create_person(boss, person=NEW, department_id=None, now=NOW)

    assert not Placement.objects.for_tenant(user.tenant_id).filter(user=user).exists()
    with pytest.raises(NotPermitted):
        services.create_person(alice, person=NEW, department_id=None, now=NOW)


def test_nobody_is_made_in_another_tenant(boss: User, other_tenant: Tenant) -> None:
    with pytest.raises(NotPermitted):
        services.create_person(boss, person=NEW, department_id=None, now=NOW, tenant_id=other_tenant.id)


def test_a_refused_account_leaves_nothing(boss: User, alice: User, root: Department) -> None:
    taken = NewPerson(username="alice", password=PASSWORD)
    weak = NewPerson(username="weak", password="123")
    bad = NewPerson(username="bad", password=PASSWORD, title="x\ny")

    for person, error in ((taken, UsernameTaken), (weak, PasswordTooWeak), (bad, InvalidInput)):
        with pytest.raises(error):
            services.create_person(boss, person=person, department_id=root.pk, now=NOW)

    assert User.objects.for_tenant(boss.tenant_id).count() == 2


def test_a_change_is_stored_and_told(boss: User, alice: User) -> None:
    change = PersonChange(display_name="艾丽丝", email="alice@acme.example", is_hidden=True)

    services.change_person(boss, user_id=alice.id, version=1, change=change, now=NOW)
    services.change_person(boss, user_id=alice.id, version=2, change=PersonChange(is_guest=True), now=NOW)

    user = stored(alice)
    settings = PersonSettings.objects.for_tenant(alice.tenant_id).get(user=alice)
    assert (user.display_name, user.email, user.version) == ("艾丽丝", "alice@acme.example", 3)
    assert "艾丽丝" in user.search_text
    assert (settings.is_hidden, settings.is_guest) == (True, True)
    last = Entry.objects.for_tenant(alice.tenant_id).filter(action="orgs.person.changed").latest("number")
    assert (last.before, last.after) == ({"is_guest": False}, {"is_guest": True})


def test_a_stale_change_is_refused(boss: User, alice: User) -> None:
    with pytest.raises(Stale):
        services.change_person(boss, user_id=alice.id, version=9, change=PersonChange(email=""), now=NOW)


def test_settings_stay_away_where_nobody_asked(boss: User, alice: User) -> None:
    services.change_person(boss, user_id=alice.id, version=1, change=PersonChange(locale="zh-hans"), now=NOW)

    assert not PersonSettings.objects.for_tenant(alice.tenant_id).filter(user=alice).exists()


def test_an_account_closes_and_opens_again(boss: User, alice: User) -> None:
    services.deactivate_person(boss, user_id=alice.id, now=NOW)
    assert not stored(alice).is_active

    services.activate_person(boss, user_id=alice.id, now=NOW)
    assert stored(alice).is_active
    actions = Entry.objects.for_tenant(alice.tenant_id).order_by("number").values_list("action", flat=True)
    assert list(actions)[-2:] == ["orgs.person.deactivated", "orgs.person.activated"]


def test_another_password_is_given(boss: User, alice: User) -> None:
    services.set_person_password(boss, user_id=alice.id, password="another long one", now=NOW)

    assert stored(alice).check_password("another long one")
    assert "another" not in str(Entry.objects.for_tenant(alice.tenant_id).latest("number").after)


def test_it_needs_the_power_at_every_place(
    boss: User, alice: User, bob: User, root: Department, grow: Grow, give: Give
) -> None:
    own, other = grow(root, "A"), grow(root, "B")
    give(alice, DEPARTMENT_ADMIN, own.scope)
    place(boss, bob, own)

    services.deactivate_person(alice, user_id=bob.id, now=NOW)
    place(boss, bob, other)

    with pytest.raises(NotPermitted):
        services.activate_person(alice, user_id=bob.id, now=NOW)
    with pytest.raises(NotPermitted):
        services.set_person_password(alice, user_id=bob.id, password="another long one", now=NOW)
    with pytest.raises(NotPermitted):
        services.change_person(alice, user_id=bob.id, version=1, change=PersonChange(email=""), now=NOW)


def test_an_entry_is_read_by_whoever_could_have_done_it(boss: User, bob: User, root: Department, grow: Grow) -> None:
    parent = grow(root, "P")
    for name in ("A", "B"):
        place(boss, bob, grow(parent, name))

    services.deactivate_person(boss, user_id=bob.id, now=NOW)

    assert Entry.objects.for_tenant(bob.tenant_id).latest("number").scope == parent.path


def test_people_elsewhere_are_not_there(
    boss: User, alice: User, bob: User, eve: User, root: Department, grow: Grow, give: Give
) -> None:
    own, other = grow(root, "A"), grow(root, "B")
    give(alice, DEPARTMENT_ADMIN, own.scope)
    place(boss, bob, other)

    for user in (bob, eve):
        with pytest.raises(UserNotFound):
            services.set_person_password(alice, user_id=user.id, password="another long one", now=NOW)


def test_nobody_acts_on_someone_with_more_power(
    boss: User, alice: User, bob: User, root: Department, grow: Grow, give: Give
) -> None:
    own = grow(root, "A")
    give(alice, DEPARTMENT_ADMIN, own.scope)
    give(bob, ORGANISATION_ADMIN, root.scope)
    place(boss, bob, own)

    with pytest.raises(PersonOutranks, match="bob@acme"):
        services.set_person_password(alice, user_id=bob.id, password="another long one", now=NOW)
    services.deactivate_person(boss, user_id=bob.id, now=NOW)
    with pytest.raises(PersonOutranks):
        services.activate_person(alice, user_id=bob.id, now=NOW)


def test_equals_act_on_each_other_and_on_themselves(boss: User, alice: User, give: Give) -> None:
    give(alice, TENANT_ADMIN, tenant_scope(alice.tenant_id))

    services.set_person_password(alice, user_id=boss.id, password="another long one", now=NOW)
    services.set_person_password(alice, user_id=alice.id, password="another long one", now=NOW)

    assert stored(alice).check_password("another long one")


def test_who_stands_in_for_a_while_gets_nobody_s_password_who_stays(boss: User, alice: User, bob: User) -> None:
    whole, end = tenant_scope(alice.tenant_id), NOW + timedelta(days=1)
    for user, expires_at in ((alice, end), (bob, end)):
        grant_role(boss, user=user, role=TENANT_ADMIN, scope=whole, expires_at=expires_at, now=NOW)

    services.set_person_password(alice, user_id=bob.id, password="another long one", now=NOW)
    with pytest.raises(PersonOutranks):
        services.set_person_password(alice, user_id=boss.id, password="another long one", now=NOW)
    services.deactivate_person(alice, user_id=boss.id, now=NOW)

    assert stored(bob).check_password("another long one")
    assert not stored(boss).check_password("another long one")


def test_nobody_shuts_herself_out(boss: User) -> None:
    with pytest.raises(OneselfStays):
        services.deactivate_person(boss, user_id=boss.id, now=NOW)


def test_the_last_who_runs_the_system_stays(boss: User, give: Give) -> None:
    system = ensure_system_tenant()
    only = create_user(system, username="only", password=PASSWORD)
    give(only, SYSTEM_ADMIN, SYSTEM)
    gone = create_user(system, username="gone", password=PASSWORD, is_superuser=True)

    services.deactivate_person(gone, user_id=only.id, now=NOW)
    services.activate_person(gone, user_id=only.id, now=NOW)
    User.objects.for_tenant(system.id).filter(pk=gone.pk).update(is_superuser=False)

    with pytest.raises(LastSystemAdmin):
        services.deactivate_person(gone, user_id=only.id, now=NOW)
