"""The page of a run: what it would do, the stop, and a yes that holds for exactly that."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.services import create_user
from apps.identity.admin import runs as pages
from apps.identity.models import Connection, DirectoryClock, DirectoryRun
from apps.orgs.models import Department
from apps.tenants.models import Tenant
from tests.identity.admin.test_deeds import do
from tests.identity.conftest import Connect
from tests.identity.services.directories.conftest import Fill, directory, people_of  # noqa: F401 - a fixture
from tests.identity.slapd import slapd  # noqa: F401 - a fixture
from tests.orgs.conftest import boss, company, give, grow, root  # noqa: F401 - fixtures

LIST = reverse("admin:identity_directoryrun_changelist")


def page_of(run: DirectoryRun) -> str:
    return reverse("admin:identity_directoryrun_change", args=[run.pk])


def agree(client: Client, run: DirectoryRun, **fields: str) -> Any:
    return client.post(reverse("admin:identity_directoryrun_apply", args=[run.pk]), fields)


def latest(connection: Connection) -> DirectoryRun:
    return DirectoryRun.objects.for_tenant(connection.tenant_id).latest("created_at", "id")


def asked(client: Client, connection: Connection, what: str) -> DirectoryRun:
    do(client, connection, what)
    return latest(connection)


def narrowed(client: Client, connection: Connection) -> DirectoryRun:
    """All but one would vanish."""
    do(client, connection, "run")
    config = {**connection.config, "people_filter": "(uid=user007)"}
    Connection.objects.for_tenant(connection.tenant_id).update(config=config)
    return asked(client, connection, "preview")


def test_a_preview_lists_the_first_of_each_kind_and_counts_all(
    as_admin: Client,
    directory: Fill,  # noqa: F811
    root: Department,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "SHOWN", 4)
    create_user(root.tenant, username="user000", password=None)
    connection = directory(departments="none")

    page = as_admin.get(page_of(asked(as_admin, connection, "preview")))

    groups = {what: (count, len(rows)) for what, count, rows in page.context["groups"]}
    assert groups == {"make an account": (9, 4), "place somebody in a department": (9, 4)}
    text = page.content.decode()
    assert {name for name, _detail in page.context["groups"][0][2]} <= {f"user00{number}" for number in range(1, 10)}
    assert "name: 员工00" in text
    assert "an account that is not the directory" in text
    assert "The first 4 of 9." in text
    assert "Apply exactly this" in text
    assert not people_of(connection)


def test_what_was_shown_is_applied_and_then_there_is_nothing_to_do(as_admin: Client, directory: Fill) -> None:  # noqa: F811
    connection = directory(departments="none")
    shown = asked(as_admin, connection, "preview")

    answer = agree(as_admin, shown)

    done = latest(connection)
    assert answer.headers["Location"] == page_of(done)
    assert "Done: 20 of 20." in as_admin.get(page_of(done)).content.decode()
    assert len(people_of(connection)) == 10
    again = as_admin.get(page_of(asked(as_admin, connection, "preview")))
    assert "Everything is as the directory has it." in again.content.decode()
    assert again.context["apply"] == ""


def test_something_else_is_not_applied_and_shown(
    as_admin: Client,
    directory: Fill,  # noqa: F811
    root: Department,  # noqa: F811
) -> None:
    connection = directory(departments="none")
    shown = asked(as_admin, connection, "preview")
    create_user(root.tenant, username="user007", password=None)

    agree(as_admin, shown)

    page = as_admin.get(page_of(latest(connection)))
    assert "Not done: something has changed since the preview" in page.content.decode()
    assert page.context["apply"]
    assert not people_of(connection)


def test_the_stop_gives_its_reason_and_needs_a_yes_of_its_own(as_admin: Client, directory: Fill) -> None:  # noqa: F811
    connection = directory(departments="none")
    shown = narrowed(as_admin, connection)

    page = as_admin.get(page_of(shown)).content.decode()
    assert "9 of 10 people would be deactivated" in page
    assert "run may lose 50, 10 percent" in page
    agree(as_admin, shown)
    assert latest(connection).state == "stopped"
    agree(as_admin, latest(connection), accepts_losses="1")

    assert latest(connection).state == "applied"
    assert [name for name, user in people_of(connection).items() if user.is_active] == ["user007"]


def test_why_it_failed_is_told(as_admin: Client, directory: Fill) -> None:  # noqa: F811
    connection = directory(servers=("127.0.0.1:1",))
    do(as_admin, connection, "preview")

    page = as_admin.get(page_of(latest(connection)))

    assert "No server can be reached" in page.content.decode()
    assert "127.0.0.1:1" in page.content.decode()
    assert "no server can be reached" in as_admin.get(LIST).content.decode()


def test_a_page_looks_again_while_somebody_is_at_work_and_says_when_nobody_is(
    as_admin: Client, connect: Connect, tenant: Tenant
) -> None:
    connection = connect(tenant, "ldap")
    run = DirectoryRun.unscoped.create(tenant=tenant, connection=connection, state="reading", started_by="boss")
    clock = DirectoryClock.unscoped.create(tenant=tenant, connection=connection, claimed_at=timezone.now())
    going = as_admin.get(page_of(run)).content.decode()

    clock.delete()

    assert "going.js" in going
    ended = as_admin.get(page_of(run)).content.decode()
    assert "going.js" not in ended
    assert "It was broken off" in ended


def test_a_run_that_ends_while_its_page_is_made_is_not_called_broken_off(
    as_admin: Client, connect: Connect, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = DirectoryRun.unscoped.create(tenant=tenant, connection=connect(tenant, "ldap"), state="reading")

    def end(_run: DirectoryRun, *, now: object) -> bool:
        DirectoryRun.unscoped.filter(pk=run.pk).update(state="previewed")
        return False

    monkeypatch.setattr(pages, "is_at_work", end)

    page = as_admin.get(page_of(run))

    assert page.context["trouble"] == ""
    assert 'data-state="previewed"' in page.content.decode()


def test_a_yes_is_said_by_a_form_only(as_admin: Client, directory: Fill) -> None:  # noqa: F811
    connection = directory(departments="none")
    shown = asked(as_admin, connection, "preview")
    apply = reverse("admin:identity_directoryrun_apply", args=[shown.pk])

    assert as_admin.get(apply).status_code == 404
    assert as_admin.post(page_of(shown)).status_code == 403
    assert DirectoryRun.objects.for_tenant(connection.tenant_id).count() == 1


def test_whoever_may_only_look_sees_and_cannot_say_yes(as_reader: Client, connect: Connect, tenant: Tenant) -> None:
    run = DirectoryRun.unscoped.create(
        tenant=tenant, connection=connect(tenant, "ldap"), digest="d", counts={"CreatePerson": 1}
    )

    page = as_reader.get(page_of(run))

    assert page.context["apply"] == ""
    assert agree(as_reader, run).status_code == 403


def test_another_tenants_run_is_not_there(as_admin: Client, connect: Connect, other_tenant: Tenant) -> None:
    run = DirectoryRun.unscoped.create(
        tenant=other_tenant, connection=connect(other_tenant, "ldap"), started_by="eve@rival"
    )

    assert "eve@rival" not in as_admin.get(LIST).content.decode()
    assert as_admin.get(page_of(run)).status_code == 404
    assert agree(as_admin, run, accepts_losses="1").status_code == 404


def test_a_yes_that_comes_too_late_is_refused_in_words(as_admin: Client, connect: Connect, tenant: Tenant) -> None:
    run = DirectoryRun.unscoped.create(tenant=tenant, connection=connect(tenant, "ldap"), state="applied")

    answer = agree(as_admin, run)

    assert answer.headers["Location"] == page_of(run)
    assert "could be applied" in as_admin.get(page_of(run)).content.decode()
