"""What is kept, and how near limits are, is told for whole tenants; bytes are the installation's."""

from apps.audit.models import Head
from apps.common.clock import now_ms
from apps.messaging.services.conversations import start_group
from apps.tenants.models import Tenant
from tests.admin.world import World
from tests.imsite.overview.conftest import Reader

STORAGE = "Storage and limits"


def test_conversations_events_and_entries_are_a_tenants(world: World, reader: Reader) -> None:
    start_group(world.people["rival"], title="x", member_ids=[], now_ms=now_ms())
    entries = {head.tenant_id: head.number for head in Head.unscoped.all()}

    system, tenant = (reader.figures(level)[STORAGE] for level in ("system", "tenant"))

    mine = entries[world.tenants["acme"].pk]
    assert tenant == {"Conversations": "0", "Events in all logs": "0", "Entries in the audit log": str(mine)}
    assert (system["Conversations"], system["Events in all logs"]) == ("1", "1")
    assert system["Entries in the audit log"] == str(sum(entries.values()))


def test_bytes_are_the_installations(reader: Reader) -> None:
    system = reader.figures("system")[STORAGE]

    sizes = [system[label] for label in ("Database", "Messages on disk", "Audit log on disk")]
    assert all("B" in size and not size.startswith("0") for size in sizes)
    assert not any("disk" in label for label in reader.figures("tenant")[STORAGE])


def test_a_limit_is_shown_beside_what_is_used(world: World, reader: Reader) -> None:
    Tenant.objects.filter(slug="acme").update(users_max=100)

    assert reader.figures("tenant")[STORAGE]["Users of the limit"] == "7 / 100"
    assert "Users of the limit" not in reader.figures("system")[STORAGE]
    assert reader.alerts("tenant") == []


def test_of_several_limits_only_those_nearly_reached_are_told(world: World, reader: Reader) -> None:
    Tenant.objects.filter(slug="acme").update(users_max=7)
    Tenant.objects.filter(slug="rival").update(users_max=100)

    told = "Nearly as many users as the limit allows: Acme Group (7/7)"
    assert reader.alerts("system") == reader.alerts("tenant") == [told]
    assert "Users of the limit" not in reader.figures("system")[STORAGE]
    assert reader.alerts("organisation") == []


def test_a_plan_without_a_limit_on_users_has_none(world: World, reader: Reader) -> None:
    Tenant.objects.filter(slug="acme").update(plan="small", users_max=None)
    small = reader.figures("tenant")[STORAGE]
    Tenant.objects.filter(slug="acme").update(plan="unlimited")

    assert small["Users of the limit"] == "7 / 50"
    assert "Users of the limit" not in reader.figures("tenant")[STORAGE]
