"""`seed_load` makes users for load tests."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.loadtest.population import read_population
from apps.tenants.models import Tenant

pytestmark = pytest.mark.django_db


def test_it_seeds_and_says_where_the_tokens_are(tmp_path: Path) -> None:
    out, path = io.StringIO(), tmp_path / "tokens.json"

    call_command("seed_load", users=4, sizes=[3], tokens=path, stdout=out)

    assert {size: len(ids) for size, ids in read_population(path).conversations.items()} == {2: 2, 3: 1}
    assert "4 users and 3 conversations" in out.getvalue()
    assert str(path) in out.getvalue()


@pytest.mark.parametrize("options", [{"users": 1}, {"users": 4, "days": 0}])
def test_too_little_is_refused(tmp_path: Path, options: dict[str, int]) -> None:
    with pytest.raises(CommandError, match="two users"):
        call_command("seed_load", tokens=tmp_path / "t", **options)


def test_a_tenant_that_exists_is_refused(tmp_path: Path, tenant: Tenant) -> None:
    with pytest.raises(CommandError, match="--tenant"):
        call_command("seed_load", users=4, tenant=tenant.slug, tokens=tmp_path / "t")


def test_a_bad_name_of_a_tenant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="slug"):
        call_command("seed_load", users=4, tenant="?", tokens=tmp_path / "t")
