"""Runs against a real directory: preview, application, moves, departures, the stop, and one at a time."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.access.errors import NotPermitted
from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.identity.errors import ConnectionNotFound, DirectoryBusy, DirectorySilent, DirectoryUnset, RunNotFound
from apps.identity.models import Connection, DepartmentLink, DirectoryClock, DirectoryRun, Link
from apps.identity.services.directories import runs
from apps.identity.services.directories.claims import BEAT, SILENT_FOR
from apps.identity.services.directories.setting import schedule
from apps.identity.services.directories.texts import told_change
from apps.orgs.models import Department, Placement
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.identity.services.directories.conftest import NOW, Fill, people_of
from tests.identity.slapd import PEOPLE, Slapd
from tests.orgs.conftest import Give, Grow, drawn

State = DirectoryRun.State
EVERYBODY = "(objectClass=inetOrgPerson)"
HEAD = f"ou=研发部,{PEOPLE}"


def test_a_preview_lists_everything_and_changes_nothing(directory: Fill, boss: User) -> None:
    connection = directory(people_filter=EVERYBODY)

    run = runs.preview(boss, connection_id=connection.pk, now=NOW)

    assert run.state == State.PREVIEWED
    assert run.counts == {"CreateDepartment": 11, "CreatePerson": 220, "PlacePerson": 220}
    assert len(run.changes) == 451
    assert not people_of(connection)


def test_what_was_carried_out_leaves_nothing_to_do(directory: Fill, boss: User, company_tree: list[str]) -> None:
    connection = directory()

    run = runs.synchronise(boss, connection_id=connection.pk, now=NOW)
    again = runs.synchronise(boss, connection_id=connection.pk, now=NOW)

    assert (run.state, run.done, run.findings) == (State.APPLIED, 31, [])
    assert (again.counts, again.findings) == ({}, [])
    assert drawn(root_of(connection).organisation) == company_tree
    someone = people_of(connection)["user003"]
    assert (someone.display_name, someone.email, someone.has_usable_password()) == (
        "员工003",
        "user003@example.com",
        False,
    )
    place = Placement.objects.for_tenant(someone.tenant_id).select_related("department").get(user=someone)
    assert (place.department.name, place.title, place.is_primary) == ("研发部", "工程师", True)
    assert Entry.objects.for_tenant(someone.tenant_id).filter(action="identity.directory.applied").count() == 2


@pytest.fixture
def company_tree() -> list[str]:
    """The tree in the order in which it comes to be: level by level, parents known."""
    return [
        "蓝海科技",
        "-人事部",
        "-市场部",
        "--华东区",
        "---上海",
        "--华南区",
        "-研发部",
        "--前端组",
        "--平台组",
        "---存储",
        "---消息",
        "----投递",
    ]


def test_renames_moves_and_departures_keep_who_it_is(directory: Fill, boss: User, own_slapd: Slapd) -> None:
    connection = directory(server=own_slapd)
    runs.synchronise(boss, connection_id=connection.pk, now=NOW)
    before = people_of(connection)
    platform = linked(connection, "平台组")
    own_slapd.change(
        moved(f"ou=平台组,{HEAD}", "ou=基础平台组", below=f"ou=市场部,{PEOPLE}")
        + moved(f"uid=user000,{HEAD}", "uid=user00x", below=f"ou=人事部,{PEOPLE}")
        + f"dn: uid=user001,{HEAD}\nchangetype: delete\n"
    )

    run = runs.synchronise(boss, connection_id=connection.pk, now=NOW)

    assert run.counts == {
        "RenameDepartment": 1,
        "MoveDepartment": 1,
        "PlacePerson": 1,
        "RemovePlace": 1,
        "DeactivatePerson": 1,
    }
    assert run.findings == []
    platform.refresh_from_db()
    assert (platform.name, platform.parent.name) == ("基础平台组", "市场部")  # type: ignore[union-attr]
    after = people_of(connection)
    assert after.keys() == before.keys()
    assert not after["user001"].is_active
    assert after["user001"].signed_out_at is not None
    assert Placement.objects.for_tenant(connection.tenant_id).get(user=after["user000"]).department.name == "人事部"


def test_whoever_comes_back_is_let_in_again_but_not_whom_an_administrator_keeps_out(
    directory: Fill, boss: User, own_slapd: Slapd
) -> None:
    connection = directory(server=own_slapd)
    runs.synchronise(boss, connection_id=connection.pk, now=NOW)
    kept_out = people_of(connection)["user005"]
    User.objects.for_tenant(connection.tenant_id).filter(pk=kept_out.pk).update(is_active=False)
    user = people_of(connection)["user002"]
    link = Link.objects.for_tenant(connection.tenant_id).get(user=user)
    Link.objects.for_tenant(connection.tenant_id).filter(pk=link.pk).update(external_id="somebody else's")
    runs.synchronise(boss, connection_id=connection.pk, now=NOW)
    user.refresh_from_db()
    assert not user.is_active
    Link.objects.for_tenant(connection.tenant_id).filter(pk=link.pk).update(external_id=link.external_id)

    runs.synchronise(boss, connection_id=connection.pk, now=NOW)

    user.refresh_from_db()
    kept_out.refresh_from_db()
    assert (user.is_active, kept_out.is_active) == (True, False)


def test_local_people_and_departments_stay_untouched(directory: Fill, boss: User, root: Department, grow: Grow) -> None:
    local = grow(root, "研发部")
    namesake = create_user(root.tenant, username="user000", password=PASSWORD)
    connection = directory()

    run = runs.synchronise(boss, connection_id=connection.pk, now=NOW)

    codes = {code for code, _subject, _detail in run.findings}
    assert codes == {"name_taken", "parent_left_out", "username_taken"}
    namesake.refresh_from_db()
    local.refresh_from_db()
    assert namesake.check_password(PASSWORD)
    assert not DepartmentLink.objects.for_tenant(root.tenant_id).filter(department=local).exists()
    assert not Link.objects.for_tenant(root.tenant_id).filter(user=namesake).exists()


def test_local_rows_are_taken_over_where_that_is_wanted_but_never_whoever_has_powers(
    directory: Fill,
    boss: User,
    root: Department,
    grow: Grow,
    give: Give,
) -> None:
    local = grow(root, "研发部")
    plain = create_user(root.tenant, username="user000", password=PASSWORD)
    chief = create_user(root.tenant, username="user001", password=PASSWORD)
    give(chief, TENANT_ADMIN, tenant_scope(root.tenant_id))
    connection = directory(adopts=True)

    run = runs.synchronise(boss, connection_id=connection.pk, now=NOW)

    assert [finding[:2] for finding in run.findings] == [["username_taken", "user001"]]
    assert linked(connection, "研发部").pk == local.pk
    assert people_of(connection)["user000"].pk == plain.pk


class TestTheStop:
    """A filter that suddenly finds almost nobody."""

    def test_too_much_never_vanishes_by_itself(self, directory: Fill, boss: User) -> None:
        connection = filled_then_narrowed(directory, boss)

        run = runs.synchronise(boss, connection_id=connection.pk, now=NOW)

        assert run.state == State.STOPPED
        assert run.vanishing == {"people": 9, "of_people": 10, "departments": 0, "of_departments": 11}
        assert all(user.is_active for user in people_of(connection).values())

    def test_a_yes_to_what_was_shown_lets_it_happen(self, directory: Fill, boss: User) -> None:
        connection = filled_then_narrowed(directory, boss)
        stopped = runs.synchronise(boss, connection_id=connection.pk, now=NOW)

        run = runs.synchronise(boss, connection_id=connection.pk, confirmed_run_id=stopped.pk, now=NOW)

        assert run.state == State.APPLIED
        assert [user.username for user in people_of(connection).values() if user.is_active] == ["user007"]

    def test_a_yes_holds_for_no_more_than_was_shown(self, directory: Fill, boss: User) -> None:
        connection = filled_then_narrowed(directory, boss)
        stopped = runs.synchronise(boss, connection_id=connection.pk, now=NOW)
        narrow(connection, "(uid=nobody)")

        run = runs.synchronise(boss, connection_id=connection.pk, confirmed_run_id=stopped.pk, now=NOW)

        assert run.state == State.STOPPED
        with pytest.raises(RunNotFound):
            runs.synchronise(boss, connection_id=connection.pk, confirmed_run_id=uuid4(), now=NOW)


def test_a_directory_that_does_not_answer_changes_nothing_and_is_a_failed_run(directory: Fill, boss: User) -> None:
    connection = directory(servers=("127.0.0.1:1",))

    with pytest.raises(DirectorySilent, match="no server can be reached"):
        runs.synchronise(boss, connection_id=connection.pk, now=NOW)

    run = DirectoryRun.objects.for_tenant(connection.tenant_id).get()
    assert (run.state, run.trouble) == (State.FAILED, "unreachable")


def test_incomplete_settings_are_told(directory: Fill, boss: User) -> None:
    connection = directory()
    Connection.objects.for_tenant(connection.tenant_id).filter(pk=connection.pk).update(department=None)
    with pytest.raises(DirectoryUnset):
        runs.preview(boss, connection_id=connection.pk, now=NOW)

    Connection.objects.for_tenant(connection.tenant_id).filter(pk=connection.pk).update(config={"servers": []})
    with pytest.raises(DirectoryUnset):
        runs.preview(boss, connection_id=connection.pk, now=NOW)


def test_one_run_at_a_time_until_whoever_holds_it_is_silent_for_too_long(directory: Fill, boss: User) -> None:
    connection = directory(departments="none")
    silent = runs.begin(boss, connection_id=connection.pk, now=NOW)
    with pytest.raises(DirectoryBusy):
        runs.preview(boss, connection_id=connection.pk, now=NOW)
    clocks = DirectoryClock.objects.for_tenant(connection.tenant_id)
    clocks.update(claimed_at=clocks.get().claimed_at - SILENT_FOR)  # type: ignore[operator]

    assert runs.preview(boss, connection_id=connection.pk, now=NOW).state == State.PREVIEWED

    silent.run.refresh_from_db()
    assert (silent.run.state, silent.run.trouble) == (State.FAILED, "broken_off")


def test_whoever_has_lost_the_directory_stops_and_takes_it_from_nobody(directory: Fill, boss: User) -> None:
    connection = directory(departments="none")
    order = runs.begin(boss, connection_id=connection.pk, now=NOW)
    clocks = DirectoryClock.objects.for_tenant(connection.tenant_id)
    another = clocks.get().claimed_at + SILENT_FOR  # type: ignore[operator]
    clocks.update(claimed_at=another)
    order.claim._since -= BEAT

    with pytest.raises(DirectoryBusy):
        runs.carry_out(order, now=NOW)

    assert clocks.get().claimed_at == another
    assert not people_of(connection)
    order.run.refresh_from_db()
    assert order.run.state == State.FAILED


def test_a_bug_leaves_a_failed_run_and_the_directory_free(
    directory: Fill, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = directory(departments="none")
    with monkeypatch.context() as broken:
        broken.setattr(runs, "make_plan", lambda *_arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            runs.synchronise(boss, connection_id=connection.pk, now=NOW)

    run = DirectoryRun.objects.for_tenant(connection.tenant_id).get()
    assert (run.state, run.trouble, run.detail) == (State.FAILED, "broken_off", "ZeroDivisionError")
    assert Entry.objects.for_tenant(connection.tenant_id).filter(action="identity.directory.failed").exists()
    assert runs.preview(boss, connection_id=connection.pk, now=NOW).state == State.PREVIEWED


def test_a_preview_puts_off_no_run_that_is_due(directory: Fill, boss: User) -> None:
    connection = directory(departments="none", interval_minutes=60)
    schedule(connection, now=NOW)

    runs.preview(boss, connection_id=connection.pk, now=NOW + timedelta(minutes=30))

    assert DirectoryClock.objects.for_tenant(connection.tenant_id).get().due_at == NOW + timedelta(minutes=60)


def test_changes_are_told_by_names_and_in_words(directory: Fill, boss: User) -> None:
    connection = directory(people_filter="(uid=user041)")

    run = runs.preview(boss, connection_id=connection.pk, now=NOW)

    told = {what + " " + subject: rest for what, subject, rest in map(told_change, run.changes)}
    assert told["make a department 消息"] == "below: 平台组"
    assert told["make an account user041"] == "name: 员工041, e-mail: user041@example.com"
    assert told["place somebody in a department user041"] == "department: 消息, position: 工程师, main department"


def test_others_cannot_and_see_no_such_connection(
    directory: Fill, alice: User, eve: User, give: Give, other_tenant: Tenant
) -> None:
    connection = directory()
    give(eve, TENANT_ADMIN, tenant_scope(other_tenant.id))

    for stranger in (alice, eve):
        with pytest.raises((ConnectionNotFound, NotPermitted)):
            runs.preview(stranger, connection_id=connection.pk, now=NOW)


class TestDue:
    def test_each_runs_after_its_interval_and_a_failure_keeps_nobody_back(
        self, directory: Fill, boss: User, slapd: Slapd
    ) -> None:
        connection = directory(departments="none", interval_minutes=60)
        schedule(connection, now=NOW)

        assert runs.synchronise_due(now=NOW + timedelta(minutes=59)) == []
        (run,) = runs.synchronise_due(now=NOW + timedelta(minutes=60))
        assert (run.state, run.started_by) == (State.APPLIED, f"ldap:{connection.name}")
        assert runs.synchronise_due(now=NOW + timedelta(minutes=60)) == []

        connection.config = {**connection.config, "servers": ["127.0.0.1:1"]}
        connection.save()
        (failed,) = runs.synchronise_due(now=NOW + timedelta(minutes=120))
        assert failed.state == State.FAILED

    def test_settings_that_are_not_complete_are_a_failed_run_once(self, directory: Fill) -> None:
        connection = directory(departments="none", interval_minutes=60)
        schedule(connection, now=NOW)
        Connection.objects.for_tenant(connection.tenant_id).filter(pk=connection.pk).update(department=None)

        (failed,) = runs.synchronise_due(now=NOW + timedelta(minutes=60))

        assert (failed.state, failed.trouble) == (State.FAILED, "unset")
        assert "no department is chosen" in failed.detail
        assert runs.synchronise_due(now=NOW + timedelta(days=9)) == []

    def test_without_an_interval_it_is_never_due(self, directory: Fill) -> None:
        connection = directory()

        schedule(connection, now=NOW)

        assert runs.synchronise_due(now=NOW + timedelta(days=900)) == []


def moved(dn: str, rdn: str, *, below: str) -> str:
    return f"dn: {dn}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\nnewsuperior: {below}\n\n"


def filled_then_narrowed(directory: Fill, boss: User) -> Connection:
    connection = directory()
    runs.synchronise(boss, connection_id=connection.pk, now=NOW)
    narrow(connection, "(uid=user007)")
    return connection


def narrow(connection: Connection, text: str) -> None:
    connection.config = {**connection.config, "people_filter": text}
    connection.save()


def linked(connection: Connection, name: str) -> Department:
    rows = Department.objects.for_tenant(connection.tenant_id)
    return rows.get(directory_links__connection=connection, name=name)


def root_of(connection: Connection) -> Department:
    return Department.objects.for_tenant(connection.tenant_id).select_related("organisation").get(parent=None)
