"""What is done about others' terminals and programs needs the unit where they are, and is recorded."""

from datetime import UTC, datetime
from typing import Any

import pytest
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from apps.access.errors import NotPermitted
from apps.access.roles import AUDITOR, DEPARTMENT_ADMIN, TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.access.services import create_role, grant_role
from apps.accounts.errors import UserNotFound
from apps.accounts.models import Terminal, User
from apps.accounts.services.factors import has_second_factor
from apps.accounts.services.oversight import reset_factors, revoke_programs, revoke_terminals
from apps.accounts.units import TERMINALS_REVOKE, TOKENS_REVOKE
from apps.audit.models import Entry
from apps.common.ids import new_id
from apps.orgs.models import Department
from apps.orgs.services import create_department, create_organisation
from apps.orgs.services.placements import place_person
from tests.accounts.factors import with_codes
from tests.admin.conftest import give_role, make_terminal, make_tokens, root

__all__ = ["root"]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def boss(bob: User) -> User:
    """Administers Acme."""
    give_role(bob, TENANT_ADMIN)
    return bob


def actions() -> list[str]:
    return list(Entry.unscoped.filter(action__startswith="accounts.").order_by("id").values_list("action", flat=True))


class TestFactors:
    def test_are_taken_away_by_who_administers_her_and_she_is_signed_out(self, boss: User, alice: User) -> None:
        with_codes(alice)
        make_tokens(alice, "x")

        reset_factors(boss, user_id=alice.pk, now=NOW)

        assert not has_second_factor(alice)
        assert not get_access_token_model().objects.filter(user=alice).exists()

    def test_are_hers_to_everybody_else(self, boss: User, alice: User, eve: User) -> None:
        with_codes(eve)
        with_codes(boss)

        for actor, target in ((boss, eve), (alice, boss)):
            with pytest.raises(NotPermitted):
                reset_factors(actor, user_id=target.pk, now=NOW)
        with pytest.raises(UserNotFound):
            reset_factors(boss, user_id=new_id(), now=NOW)

        assert has_second_factor(eve)


class TestTerminals:
    def test_each_is_revoked_once_and_recorded(self, boss: User, alice: User) -> None:
        terminals = [make_terminal(alice, name) for name in ("a", "b")]
        ids = [terminal.pk for terminal in terminals]

        first = revoke_terminals(boss, terminal_ids=ids, now=NOW)
        again = revoke_terminals(boss, terminal_ids=ids, now=NOW)

        assert (first, again) == (2, 0)
        assert not Terminal.unscoped.filter(revoked_at__isnull=True).exists()
        assert actions() == ["accounts.terminal.revoked"] * 2
        entry = Entry.unscoped.filter(action__startswith="accounts.").first()
        assert entry is not None
        assert (entry.actor_login, entry.tenant_id, entry.at) == ("bob@acme", alice.tenant_id, NOW)

    def test_one_outside_undoes_all(self, boss: User, alice: User, eve: User) -> None:
        ids = [make_terminal(user).pk for user in (alice, eve)]

        with pytest.raises(NotPermitted):
            revoke_terminals(boss, terminal_ids=ids, now=NOW)

        assert not Terminal.unscoped.filter(revoked_at__isnull=False).exists()
        assert actions() == []

    def test_to_see_is_not_to_revoke(self, bob: User, alice: User) -> None:
        give_role(bob, AUDITOR)

        with pytest.raises(NotPermitted):
            revoke_terminals(bob, terminal_ids=[make_terminal(alice).pk], now=NOW)

    def test_nobody_signs_out_someone_who_may_do_more(self, boss: User, alice: User) -> None:
        role = create_role(
            boss,
            tenant_id=boss.tenant_id,
            key="helpdesk",
            name="Help desk",
            units=[TERMINALS_REVOKE.code, TOKENS_REVOKE.code],
            now=NOW,
        )
        grant_role(boss, user=alice, role=role.key, scope=tenant_scope(boss.tenant_id), now=NOW)
        make_tokens(boss, "secret")

        with pytest.raises(NotPermitted):
            revoke_terminals(alice, terminal_ids=[make_terminal(boss).pk], now=NOW)
        with pytest.raises(NotPermitted):
            revoke_programs(alice, tokens=list(get_access_token_model().objects.all()), now=NOW)

        assert revoke_terminals(alice, terminal_ids=[make_terminal(alice, "own").pk], now=NOW) == 1
        assert revoke_terminals(boss, terminal_ids=[make_terminal(alice, "b").pk], now=NOW) == 1

    def test_it_takes_the_power_at_every_place(self, boss: User, alice: User, carol: User) -> None:
        company = create_organisation(boss, name="Acme", now=NOW)
        root = Department.objects.for_tenant(boss.tenant_id).get(organisation=company)
        own, other = (create_department(boss, parent_id=root.pk, name=name, now=NOW) for name in ("A", "B"))
        grant_role(boss, user=carol, role=DEPARTMENT_ADMIN, scope=own.scope, now=NOW)
        place_person(boss, user_id=alice.pk, department_id=own.pk, now=NOW)

        assert revoke_terminals(carol, terminal_ids=[make_terminal(alice, "a").pk], now=NOW) == 1
        place_person(boss, user_id=alice.pk, department_id=other.pk, now=NOW)
        with pytest.raises(NotPermitted):
            revoke_terminals(carol, terminal_ids=[make_terminal(alice, "b").pk], now=NOW)


class TestPrograms:
    @pytest.mark.parametrize("model", [get_access_token_model(), get_refresh_token_model()])
    def test_both_tokens_go_and_neither_is_written_down(self, boss: User, alice: User, model: Any) -> None:
        make_tokens(alice, "secret")

        count = revoke_programs(boss, tokens=list(model.objects.all()), now=NOW)

        entry = Entry.unscoped.get(action__startswith="accounts.")
        assert count == 1
        assert not get_access_token_model().objects.exists()
        assert not get_refresh_token_model().objects.filter(revoked__isnull=True).exists()
        assert (entry.action, entry.target_label) == ("accounts.token.revoked", "alice@acme")

    def test_those_of_other_tenants_stay(self, boss: User, eve: User) -> None:
        make_tokens(eve, "secret")

        with pytest.raises(NotPermitted):
            revoke_programs(boss, tokens=list(get_access_token_model().objects.all()), now=NOW)

        assert get_access_token_model().objects.count() == 1
