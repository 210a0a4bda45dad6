"""Writing to the log: with the change or not at all, one after the other, without gaps."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from apps.audit.chain import GENESIS, Break
from apps.audit.models import Entry, Head
from apps.audit.origin import Origin, coming_from
from apps.audit.selectors import verify_chain
from apps.audit.services import MAX_LABEL_CHARS, note_verified, record, record_all
from apps.common.errors import InvalidInput
from apps.common.retry import run_in_transaction
from apps.tenants.models import Tenant
from tests.audit.making import change, make_entries
from tests.messaging.racing import READ_COMMITTED, SERIALIZABLE, race


class TestNoteVerified:
    def test_the_last_time_counts(self, tenant: Tenant) -> None:
        [entry] = make_entries(tenant, 1)
        times = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]

        note_verified(tenant.id, Break(1, "changed"), now=times[0])
        broken = Head.objects.for_tenant(tenant.id).get()
        note_verified(tenant.id, (1, bytes(entry.digest)), now=times[1])
        whole = Head.objects.for_tenant(tenant.id).get()

        assert [(head.verified_at, head.broken_number) for head in (broken, whole)] == [(times[0], 1), (times[1], None)]

    def test_a_chain_without_an_end_gets_none_by_being_verified(self, tenant: Tenant) -> None:
        note_verified(tenant.id, Break(1, "head"), now=datetime(2026, 1, 1, tzinfo=UTC))

        assert not Head.unscoped.exists()


class TestRecord:
    def test_stores_who_what_where_before_and_after(self, tenant: Tenant) -> None:
        at = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)

        with coming_from(Origin(via="rest", address="192.0.2.1", request_id="r-1")), transaction.atomic():
            record(change(tenant, before={"parent": UUID(int=1)}, after={"parent": None}, at=at))

        entry = Entry.objects.for_tenant(tenant.id).get()
        assert (entry.number, entry.at, entry.actor_login, entry.action) == (1, at, "alice@acme", "orgs.thing.changed")
        assert (entry.via, entry.address, entry.request_id) == ("rest", "192.0.2.1", "r-1")
        assert (entry.before, entry.after) == ({"parent": "0" * 31 + "1"}, {"parent": None})
        assert entry.target_id == str(UUID(int=1))
        assert bytes(entry.previous) == GENESIS

    def test_the_system_itself_acts_under_no_name(self, tenant: Tenant) -> None:
        with transaction.atomic():
            entry = record(change(tenant, actor_id=None, actor_login=""))

        assert (entry.via, entry.actor_id) == ("system", None)
        assert verify_chain(tenant.id) == (1, entry.digest)

    @pytest.mark.parametrize("label", ["x" * 500, "部" * 500, "a\0b", "أحمد", "\ud800"])
    def test_names_in_every_script_come_back_as_they_were_hashed(self, tenant: Tenant, label: str) -> None:
        with transaction.atomic():
            entry = record(change(tenant, target_label=label, after={label: label}))

        assert len(entry.target_label) <= MAX_LABEL_CHARS
        assert verify_chain(tenant.id) == (1, entry.digest)

    @pytest.mark.parametrize("value", [2**70, -0.0, 1e300, "1.0", [], {}, {"z": 1, "a": [True, None]}])
    def test_values_come_back_from_the_database_as_they_were_hashed(self, tenant: Tenant, value: Any) -> None:
        with transaction.atomic():
            entry = record(change(tenant, before={"value": value}))

        assert verify_chain(tenant.id) == (1, entry.digest)

    def test_what_is_rolled_back_leaves_nothing(self, tenant: Tenant) -> None:
        make_entries(tenant, 1)

        def fail() -> None:
            record(change(tenant))
            raise InvalidInput(field="x", reason="y")

        with pytest.raises(InvalidInput):
            run_in_transaction(fail)

        assert Entry.objects.for_tenant(tenant.id).count() == 1
        assert Head.objects.for_tenant(tenant.id).get().number == 1
        assert make_entries(tenant, 1)[0].number == 2

    def test_each_tenant_has_a_chain_of_its_own(self, tenant: Tenant, other_tenant: Tenant) -> None:
        mine, theirs = make_entries(tenant, 2), make_entries(other_tenant, 1)

        assert [entry.number for entry in mine] == [1, 2]
        assert [entry.number for entry in theirs] == [1]

    @pytest.mark.django_db(transaction=True)
    def test_outside_a_transaction_is_a_defect(self, tenant: Tenant) -> None:
        with pytest.raises(transaction.TransactionManagementError):
            record(change(tenant))


class TestRecordAll:
    def test_takes_as_many_queries_for_many_as_for_one(
        self, tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_entries(tenant, 1)

        with transaction.atomic(), django_assert_num_queries(3):
            entries = record_all([change(tenant) for _ in range(200)])

        assert [entry.number for entry in entries] == list(range(2, 202))
        assert verify_chain(tenant.id) == (201, entries[-1].digest)

    def test_nothing_is_nothing(self, tenant: Tenant) -> None:
        assert record_all([]) == []

    def test_takes_changes_of_one_tenant_only(self, tenant: Tenant, other_tenant: Tenant) -> None:
        with pytest.raises(ValueError, match="several"), transaction.atomic():
            record_all([change(tenant), change(other_tenant)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("isolation", "writers"), [(READ_COMMITTED, 20), (SERIALIZABLE, 5)])
def test_many_at_once_make_one_chain_without_gaps(tenant: Tenant, isolation: str, writers: int) -> None:
    def write(number: int) -> None:
        def work() -> None:
            record(change(tenant, target_id=str(number)))
            if number % 5 == 0:
                raise InvalidInput(field="x", reason="y")

        run_in_transaction(work)

    results = race(*[lambda number=number: write(number) for number in range(writers)], isolation=isolation)

    refused = [result for result in results if isinstance(result, InvalidInput)]
    numbers = list(Entry.objects.for_tenant(tenant.id).order_by("number").values_list("number", flat=True))
    outcome = verify_chain(tenant.id)
    assert len(refused) == writers // 5
    assert numbers == list(range(1, writers - len(refused) + 1))
    assert isinstance(outcome, tuple)
    assert outcome[0] == numbers[-1]
