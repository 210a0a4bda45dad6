"""`audit verify` tells whole logs from broken ones, by what it says and by its exit code."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry, Head
from apps.tenants.models import Tenant
from tests.audit.making import make_entries
from tests.audit.test_selectors import tampering


@pytest.fixture
def tenant(db: None) -> Tenant:
    """Made without the service, which would write to the log."""
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    """Likewise."""
    return Tenant.objects.create(slug="rival", name="Rival")


def verify(**options: str) -> str:
    out = io.StringIO()
    call_command("audit", "verify", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_an_empty_log_is_no_fault() -> None:
    assert "nothing was written" in verify()


def test_whole_logs_are_told_with_their_digests(tenant: Tenant, other_tenant: Tenant) -> None:
    ends = {each.slug: make_entries(each, 2)[-1].digest.hex() for each in (tenant, other_tenant)}

    lines = verify().splitlines()

    assert lines == [f"{slug}: whole, 2 entries, last digest {ends[slug]}" for slug in ("acme", "rival")]
    assert verify(tenant="rival").splitlines() == lines[1:]


def test_a_tenant_that_is_no_more_is_called_by_its_id(tenant: Tenant) -> None:
    [entry] = make_entries(tenant, 1)
    Tenant.objects.filter(pk=tenant.pk).delete()

    assert verify() == f"{tenant.id}: whole, 1 entries, last digest {entry.digest.hex()}\n"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"target_label": "x"}, "acme: entry 2 was changed"),
        ({"previous": b"\1" * 32}, "acme: entry 2 does not follow from the one before"),
        ({"number": 9}, "acme: entry 2 is missing"),
    ],
)
def test_the_first_broken_link_is_named(
    tenant: Tenant, other_tenant: Tenant, values: dict[str, object], said: str
) -> None:
    make_entries(tenant, 3)
    make_entries(other_tenant, 1)
    with tampering():
        Entry.objects.for_tenant(tenant.id).filter(number=2).update(**values)
    out = io.StringIO()

    with pytest.raises(CommandError, match="tampered") as refusal:
        call_command("audit", "verify", stdout=out)

    assert refusal.value.returncode == 1
    assert out.getvalue().splitlines()[0] == said
    assert out.getvalue().splitlines()[1].startswith("rival: whole, 1 entries")


def test_what_was_found_is_kept_with_the_end_of_each_log(tenant: Tenant, other_tenant: Tenant) -> None:
    make_entries(tenant, 3)
    make_entries(other_tenant, 1)
    assert not Head.unscoped.filter(verified_at__isnull=False).exists()
    with tampering():
        Entry.objects.for_tenant(tenant.id).filter(number=2).update(target_label="x")

    with pytest.raises(CommandError):
        verify()

    found = {head.tenant_id: (head.verified_at is not None, head.broken_number) for head in Head.unscoped.all()}
    assert found == {tenant.id: (True, 2), other_tenant.id: (True, None)}


def test_an_end_set_back_is_told(tenant: Tenant) -> None:
    make_entries(tenant, 3)
    Head.objects.for_tenant(tenant.id).update(number=2)
    out = io.StringIO()

    with pytest.raises(CommandError):
        call_command("audit", "verify", stdout=out)

    assert "does not end at entry 2" in out.getvalue()


@pytest.mark.django_db
def test_an_unknown_tenant_is_refused() -> None:
    with pytest.raises(CommandError, match="nowhere"):
        verify(tenant="nowhere")
