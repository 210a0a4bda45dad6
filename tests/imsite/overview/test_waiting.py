"""What waits is told to those whose it is."""

from datetime import timedelta

from django.utils import timezone

from apps.access.models import Grant
from apps.accounts.models import User
from apps.identity.models import Connection, DirectoryRun
from apps.orgs.models import Agreement, Import, Organisation
from tests.admin.world import LEVELS, World
from tests.imsite.overview.conftest import Reader


def sent(organisation: Organisation, sender: User, state: str = "ready") -> Import:
    source = Import(
        tenant=organisation.tenant, organisation=organisation, created_by=sender, kind="people", state=state
    )
    source.save(force_insert=True)
    return source


def test_nothing_waits_in_the_beginning(reader: Reader) -> None:
    assert {level: reader.waiting(level) for level in LEVELS} == {level: [] for level in LEVELS}


def test_imports_wait_for_their_senders_and_for_who_may_import_everything(world: World, reader: Reader) -> None:
    north, south = world.organisations["North"], world.organisations["South"]
    sent(north, world.admins["department"])
    sent(north, world.admins["tenant"], "applying")
    sent(north, world.admins["department"], "applied")
    sent(south, world.admins["tenant"])

    told = {level: reader.waiting(level) for level in LEVELS}

    assert told == {
        "system": ["3 imports wait to be applied."],
        "tenant": ["3 imports wait to be applied."],
        "organisation": ["2 imports wait to be applied."],
        "department": ["1 import waits to be applied."],
    }
    assert reader.waiting("nobody") == []


def test_an_import_sent_before_one_lost_the_power_there_is_not_told(world: World, reader: Reader) -> None:
    sent(world.organisations["South"], world.admins["department"])

    assert reader.waiting("department") == []


def test_grants_and_agreements_that_end_soon_are_told(world: World, reader: Reader) -> None:
    now = timezone.now()
    Grant.unscoped.filter(user_id=world.admins["department"].pk).update(expires_at=now + timedelta(days=3))
    Grant.unscoped.filter(user_id=world.admins["organisation"].pk).update(expires_at=now + timedelta(days=30))
    between = {"from_organisation": world.organisations["North"], "to_organisation": world.organisations["South"]}
    Agreement.unscoped.create(tenant=world.tenants["acme"], expires_at=now + timedelta(days=13), **between)

    told = {level: reader.waiting(level) for level in LEVELS}

    grant, agreement = "1 grant ends within two weeks.", "1 agreement ends within two weeks."
    assert told == {
        "system": [grant, agreement],
        "tenant": [grant, agreement],
        "organisation": [grant, agreement],
        "department": [grant],
    }


def test_a_directorys_preview_waits_for_the_tenants_admin(world: World, reader: Reader) -> None:
    acme = world.tenants["acme"]
    source = Connection.unscoped.create(tenant=acme, kind="ldap", name="Directory")
    DirectoryRun.unscoped.create(tenant=acme, connection=source, started_by="it")

    assert reader.waiting("tenant") == ["1 preview of a directory is not applied."]
    assert reader.waiting("organisation") == []
