"""Searching the log, and following its chain through the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from apps.audit import selectors
from apps.audit.chain import GENESIS, Break
from apps.audit.models import Entry, Head
from apps.audit.selectors import audited_tenants, search_entries, verify_chain
from apps.audit.services import record
from apps.tenants.models import Tenant
from tests.audit.making import ACTOR_ID, change, make_entries

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@contextmanager
def tampering() -> Iterator[None]:
    """What somebody with the table's owner's rights can do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_stays")
        yield
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_stays")


class TestSearch:
    @pytest.fixture
    def entries(self, tenant: Tenant) -> list[Entry]:
        with transaction.atomic():
            return [
                record(change(tenant, target_label="研发部", action="orgs.department.moved", at=NOW)),
                record(change(tenant, after={"title": "Büroleiterin"}, actor_id=None, at=NOW + timedelta(days=1))),
                record(change(tenant, target_id="42", before={"title": "100%_x"}, at=NOW + timedelta(days=2))),
            ]

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({}, [2, 1, 0]),
            ({"text": "研发"}, [0]),
            ({"text": "büro"}, [1]),
            ({"text": "100%_X"}, [2]),
            ({"text": "ALICE"}, [2, 1, 0]),
            ({"text": "nothing"}, []),
            ({"action": "orgs.department."}, [0]),
            ({"action": "orgs.thing.changed"}, [2, 1]),
            ({"actor_id": ACTOR_ID}, [2, 0]),
            ({"target_id": "42"}, [2]),
            ({"since": NOW + timedelta(days=1)}, [2, 1]),
            ({"until": NOW + timedelta(days=1)}, [0]),
            ({"text": "alice", "since": NOW + timedelta(days=1), "until": NOW + timedelta(days=2)}, [1]),
        ],
    )
    def test_finds_what_matches_everything_newest_first(
        self, tenant: Tenant, entries: list[Entry], wanted: dict[str, Any], found: list[int]
    ) -> None:
        results = search_entries(Entry.objects.for_tenant(tenant.id), **wanted)

        assert [entry.number - 1 for entry in results] == found


class TestVerifyChain:
    def test_follows_it_page_by_page(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selectors, "PAGE", 2)
        entries = make_entries(tenant, 5)

        assert verify_chain(tenant.id) == (5, entries[-1].digest)

    def test_an_empty_one_is_whole(self, tenant: Tenant) -> None:
        assert verify_chain(tenant.id) == (0, GENESIS)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("at", NOW),
            ("actor_id", None),
            ("actor_login", "mallory@acme"),
            ("via", "admin"),
            ("address", "203.0.113.9"),
            ("request_id", "other"),
            ("scope", ""),
            ("action", "orgs.thing.made"),
            ("kind", "other"),
            ("target_id", "7"),
            ("target_label", "other"),
            ("before", {"x": 1}),
            ("after", {"x": 1}),
            ("digest", b"\1" * 32),
        ],
    )
    def test_a_changed_column_is_found(self, tenant: Tenant, column: str, value: object) -> None:
        make_entries(tenant, 3)

        with tampering():
            Entry.objects.for_tenant(tenant.id).filter(number=2).update(**{column: value})

        assert verify_chain(tenant.id) == Break(2, "changed")

    def test_an_entry_moved_from_another_tenant_is_found(self, tenant: Tenant, other_tenant: Tenant) -> None:
        make_entries(tenant, 1)

        with tampering():
            Entry.objects.for_tenant(tenant.id).update(tenant_id=other_tenant.id)

        assert verify_chain(tenant.id) == Break(1, "missing")
        assert verify_chain(other_tenant.id) == Break(0, "head")

    def test_a_broken_link_is_found(self, tenant: Tenant) -> None:
        make_entries(tenant, 3)

        with tampering():
            Entry.objects.for_tenant(tenant.id).filter(number=2).update(previous=b"\1" * 32)

        assert verify_chain(tenant.id) == Break(2, "detached")

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_a_missing_entry_is_found(self, tenant: Tenant, number: int) -> None:
        make_entries(tenant, 3)

        with tampering():
            Entry.objects.for_tenant(tenant.id).filter(number=number).delete()

        assert verify_chain(tenant.id) == Break(number, "missing")

    @pytest.mark.parametrize("values", [{"number": 2}, {"digest": b"\1" * 32}])
    def test_an_end_that_was_set_back_is_found(self, tenant: Tenant, values: dict[str, Any]) -> None:
        make_entries(tenant, 3)

        Head.objects.for_tenant(tenant.id).update(**values)

        outcome = verify_chain(tenant.id)
        assert isinstance(outcome, Break)
        assert outcome.fault == "head"

    def test_a_lost_end_is_found(self, tenant: Tenant) -> None:
        make_entries(tenant, 3)

        Head.objects.for_tenant(tenant.id).delete()

        assert verify_chain(tenant.id) == Break(0, "head")


def test_tenants_with_a_chain_are_listed(tenant: Tenant, other_tenant: Tenant) -> None:
    make_entries(other_tenant, 1)

    assert audited_tenants() == [other_tenant.id]
