"""A filter by a foreign key names rows within reach only."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.common.clock import now_ms
from apps.messaging.services.conversations import start_group
from apps.tenants.models import Tenant

LIST = "admin:conversations_conversation_changelist"


@pytest.fixture
def _groups(alice: User, eve: User) -> None:
    start_group(alice, title="ours", member_ids=[], now_ms=now_ms())
    start_group(eve, title="theirs", member_ids=[], now_ms=now_ms())


@pytest.mark.usefixtures("_groups")
def test_the_chosen_row_is_named(boss_pages: Client, tenant: Tenant) -> None:
    answer = boss_pages.get(reverse(LIST), {"tenant__id__exact": str(tenant.pk)})

    assert answer.context["cl"].result_count == 1
    assert f'<option value="{tenant.pk}" selected>' in answer.content.decode()


@pytest.mark.usefixtures("_groups")
def test_a_row_outside_is_not_named_and_finds_nothing(boss_pages: Client, other_tenant: Tenant) -> None:
    answer = boss_pages.get(reverse(LIST), {"tenant__id__exact": str(other_tenant.pk)})

    assert answer.context["cl"].result_count == 0
    assert other_tenant.name not in answer.content.decode()


@pytest.mark.usefixtures("_groups")
@pytest.mark.parametrize("value", ["nothing", "00000000-0000-7000-8000-000000000000", "1' OR '1'='1"])
def test_what_is_nobodys_id_finds_nothing(boss_pages: Client, value: str) -> None:
    answer = boss_pages.get(reverse(LIST), {"tenant__id__exact": value})

    assert answer.status_code == 200
    assert answer.context["cl"].result_count == 0
