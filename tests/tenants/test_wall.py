"""The second wall: with the program's own filter taken away, the database still keeps tenants apart."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import ProgrammingError, connection, models, transaction

from apps.access.models import Grant
from apps.access.scopes import tenant_scope
from apps.accounts.models import Terminal, User
from apps.accounts.services.users import create_user
from apps.common.wall.base import POLICY
from apps.common.wall.binding import bound
from apps.conversations.models import Conversation, Member
from apps.conversations.services import create_group
from apps.tenants import wall
from apps.tenants.models import Tenant
from apps.tenants.services import ensure_system_tenant
from apps.tenants.wall import OTHERS, build_wall, walled_tables
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(alice: User, bob: User) -> Conversation:
    return create_group(alice, title="Ours", member_ids=[bob.id])


@pytest.fixture
def eves_talk(eve: User) -> Conversation:
    return create_group(eve, title="Theirs", member_ids=[])


@pytest.fixture
def as_rival(other_tenant: Tenant, eve: User) -> Iterator[None]:
    with bound(other_tenant.id):
        yield


def wall_role() -> str:
    return f"{connection.settings_dict['USER']}_bound"


def test_every_table_that_leads_to_a_tenant_is_behind_the_wall() -> None:
    walled = walled_tables()
    leading = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.column == "tenant_id"
        or (isinstance(field, models.ForeignKey) and field.related_model in {User, Conversation, Tenant})
    ]

    assert set(leading) | {"tenants_tenant"} <= set(walled)
    assert {"accounts_user", "messaging_event", "oauth2_provider_accesstoken", "django_admin_log"} <= set(walled)


@pytest.mark.usefixtures("talk", "eves_talk", "as_rival")
class TestWithoutTheFilter:
    def test_only_ones_own_rows_are_read(self, eve: User) -> None:
        assert list(User.unscoped.all()) == [eve]
        assert [talk.title for talk in Conversation.unscoped.all()] == ["Theirs"]
        assert Member.unscoped.count() == 1
        assert [tenant.slug for tenant in Tenant.objects.all()] == ["rival"]

    def test_plain_sql_reads_no_more(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM conversations_conversation")

            assert cursor.fetchone() == (1,)

    def test_rows_of_others_are_neither_changed_nor_deleted(self, alice: User, talk: Conversation) -> None:
        assert User.unscoped.filter(pk=alice.pk).update(display_name="Mine") == 0
        assert Member.unscoped.filter(conversation=talk).delete()[0] == 0

    def test_no_row_is_put_into_another_tenant(self, tenant: Tenant, alice: User) -> None:
        row = Conversation(tenant=tenant, kind="group", title="Planted", created_by=alice)

        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            row.save(force_insert=True)

    def test_no_row_is_moved_into_another_tenant(self, tenant: Tenant, eves_talk: Conversation) -> None:
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Conversation.unscoped.filter(pk=eves_talk.pk).update(tenant=tenant)


def test_rows_that_lead_to_a_tenant_by_their_user_are_behind_it_too(alice: User, other_tenant: Tenant) -> None:
    LogEntry.objects.create(user=alice, action_flag=1, object_repr="secret")

    with bound(other_tenant.id):
        assert not LogEntry.objects.exists()
    with bound(alice.tenant_id):
        assert LogEntry.objects.get().object_repr == "secret"


def test_nobody_bound_sees_everything(alice: User, eve: User) -> None:
    assert {user.pk for user in User.unscoped.all()} == {alice.pk, eve.pk}


def test_a_filter_for_another_tenant_finds_nothing(alice: User, other_tenant: Tenant) -> None:
    with bound(other_tenant.id):
        assert not User.objects.for_tenant(alice.tenant_id).exists()


def test_powers_over_a_tenant_are_seen_there_whoever_holds_them(tenant: Tenant, other_tenant: Tenant) -> None:
    root = create_user(ensure_system_tenant(), username="root", password=PASSWORD)
    Grant.unscoped.create(
        tenant_id=root.tenant_id,
        user_id=root.id,
        role="auditor",
        scope=tenant_scope(tenant.id).path,
        is_of_system=True,
    )

    with bound(tenant.id):
        here = Grant.unscoped.count()
    with bound(other_tenant.id):
        elsewhere = Grant.unscoped.count()

    assert (here, elsewhere) == (1, 0)


def test_a_condition_of_an_older_release_is_replaced() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP POLICY {POLICY} ON accounts_user")
        cursor.execute(f"CREATE POLICY {POLICY} ON accounts_user TO {wall_role()} USING (login <> '')")

        assert build_wall()

        cursor.execute(
            "SELECT permissive, qual FROM pg_policies WHERE tablename = 'accounts_user' AND policyname = %s", [POLICY]
        )
        [(permissive, condition)] = cursor.fetchall()
    assert permissive == "RESTRICTIVE"
    assert "tenant_id" in condition


def test_a_part_that_is_missing_is_built_again(alice: User, other_tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP POLICY {POLICY} ON accounts_terminal")
        cursor.execute(f"REVOKE INSERT ON accounts_terminal FROM {wall_role()}")

    assert build_wall()

    with bound(other_tenant.id):
        assert not Terminal.unscoped.exists()
        Terminal.unscoped.filter(name="").delete()


def test_other_roles_of_the_database_keep_what_they_had(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT permissive, roles, qual FROM pg_policies WHERE policyname = %s LIMIT 1", [OTHERS])

        assert cursor.fetchone() == ("PERMISSIVE", ["public"], "true")


def test_where_no_role_may_be_made_there_is_no_wall_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_cursor: Any) -> tuple[str, str]:
        raise ProgrammingError("permission denied to create role")

    monkeypatch.setattr(wall, "_ensure_role", refuse)

    assert not build_wall()

    assert "permission denied" in caplog.text


def test_a_lost_race_for_the_role_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure = wall._ensure_role
    lost: list[int] = []

    def lose_once(cursor: Any) -> tuple[str, str]:
        if not lost:
            lost.append(1)
            cursor.execute("CREATE ROLE imsite_race_of_a_test")
            cursor.execute("CREATE ROLE imsite_race_of_a_test")
        return ensure(cursor)

    monkeypatch.setattr(wall, "_ensure_role", lose_once)

    assert build_wall()
    assert lost
