"""`manage.py directory` tries directories out, previews and synchronises them, and says what it did."""

import io
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.identity.services.directories import runs
from tests.identity.services.directories.conftest import NOW, Fill, directory  # noqa: F401 - a fixture
from tests.identity.slapd import slapd  # noqa: F401 - a fixture
from tests.orgs.conftest import boss, company, give, grow, root  # noqa: F401 - fixtures


@pytest.fixture
def connect(db: None):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Store a connection as it is."""
    from apps.identity.models import Connection

    def store(tenant, kind, **fields):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN003, ANN202
        connection = Connection(tenant=tenant, kind=kind, name="HQ", **fields)
        connection.save(force_insert=True)
        return connection

    return store


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("directory", *arguments, stdout=output)
    return output.getvalue()


def test_from_the_first_look_to_the_last_run(directory: Fill) -> None:  # noqa: F811
    connection = directory(departments="none", interval_minutes=60)
    key = str(connection.pk)

    assert run("list") == f"{key}  acme  HQ\n"
    assert "+ 10 people found" in run("check", key)
    assert "make an account: user003" in run("preview", key)
    assert "applied" in run("sync", key)
    assert not runs.synchronise_due(now=NOW)
    assert run("sync", "--due") == ""
    assert "applied" in run("list")


def test_what_stopped_is_an_error_until_somebody_says_yes(directory: Fill) -> None:  # noqa: F811
    connection = directory(departments="none")
    key = str(connection.pk)
    run("sync", key)
    connection.config = {**connection.config, "people_filter": "(uid=user007)"}
    connection.save()

    with pytest.raises(CommandError, match="1 runs stopped or failed"):
        run("sync", key)
    run_id = run("list").split()[0]
    with pytest.raises(CommandError):
        run("sync", key, "--confirm", run_id)
    preview = run("preview", key).split()[-2]
    run("sync", key, "--confirm", preview)

    assert (
        User.objects.for_tenant(connection.tenant_id).filter(links__connection=connection, is_active=True).count() == 1
    )


def test_what_cannot_be_done_is_told(directory: Fill) -> None:  # noqa: F811
    connection = directory(password="wrong")

    for arguments in (["sync"], ["sync", "nonsense"], ["preview", str(uuid4())], ["preview", str(connection.pk)]):
        with pytest.raises(CommandError):
            run(*arguments)
    with pytest.raises(CommandError, match="can't be used"):
        run("check", str(connection.pk))
