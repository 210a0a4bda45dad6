"""A tenant's rules are set on its page: bounded, recorded, and nobody is locked out by them without a word."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.roles import AUDITOR, TENANT_ADMIN
from apps.accounts.models import CodeGenerator, User
from apps.audit.models import Entry
from apps.tenants.admin.rules import rules_in_words, shown_of
from apps.tenants.models import Tenant
from apps.tenants.preferences import read_preferences
from tests.admin.conftest import admin_pages, give_role, helper, helper_pages, root

__all__ = ["admin_pages", "helper", "helper_pages", "root"]


def page_of(tenant: Tenant) -> str:
    return reverse("admin:tenants_tenant_change", args=[tenant.pk])


def typed(tenant: Tenant, **changed: Any) -> dict[str, Any]:
    """What a browser sends from the page: every field, with those changed."""
    tenant.refresh_from_db()
    settings = shown_of(read_preferences(tenant.settings))
    shown = {name: "" if value is None else value for name, value in settings.items()}
    return {"name": tenant.name, "version": tenant.version, **shown, **changed}


@pytest.fixture
def boss(helper: User, helper_pages: Client) -> Client:
    """The browser of Acme's administrator."""
    give_role(helper, TENANT_ADMIN)
    return helper_pages


def test_the_page_shows_what_is_set_and_what_would_be_without(boss: Client, tenant: Tenant) -> None:
    tenant.settings = {"sign_in": {"password_min_chars": 12}, "terminals": {"per_platform": {"web": 2}}}
    tenant.save()

    form = boss.get(page_of(tenant)).context["adminform"].form

    assert (form["password_min_chars"].value(), form["terminals_web"].value(), form["terminals_ios"].value()) == (
        12,
        2,
        None,
    )
    assert form["password_min_chars"].help_text.endswith("Default: 8.")


def test_rules_are_changed_recorded_and_the_rest_stays(boss: Client, helper: User, tenant: Tenant) -> None:
    tenant.settings = {"sign_in": {"lock_after": 5}, "terminals": {"per_platform": {"ios": 3}}}
    tenant.save()

    answer = boss.post(
        page_of(tenant), typed(tenant, password_min_chars=12, terminals_web=1, notice="Ask Ann.", locale="zh-hans")
    )

    tenant.refresh_from_db()
    assert answer.status_code == 302
    assert tenant.settings == {
        "locale": "zh-hans",
        "notice": "Ask Ann.",
        "sign_in": {"password_min_chars": 12, "lock_after": 5},
        "terminals": {"per_platform": {"web": 1, "ios": 3}},
    }
    entry = Entry.unscoped.get(target_id=str(tenant.pk), action="tenants.tenant.changed")
    assert (entry.actor_id, entry.after["sign_in"]) == (helper.id, tenant.settings["sign_in"])


def test_what_is_left_empty_has_its_default_again(boss: Client, tenant: Tenant) -> None:
    tenant.settings = {"sign_in": {"lock_after": 5, "password_history": 3}, "terminals": {"per_platform": {"ios": 3}}}
    tenant.save()

    boss.post(page_of(tenant), typed(tenant, lock_after="", terminals_ios=""))

    tenant.refresh_from_db()
    assert read_preferences(tenant.settings).sign_in.lock_after == 10
    assert tenant.settings["sign_in"] == {"password_history": 3}
    assert read_preferences(tenant.settings).terminals.per_platform == {}


def test_a_form_without_these_fields_leaves_them_alone(boss: Client, tenant: Tenant) -> None:
    tenant.settings = {"sign_in": {"lock_after": 5}, "terminals": {"per_platform": {"ios": 3}}}
    tenant.save()

    boss.post(page_of(tenant), {"name": "Renamed", "version": tenant.version})

    tenant.refresh_from_db()
    assert (tenant.name, tenant.settings["sign_in"]) == ("Renamed", {"lock_after": 5})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password_min_chars", 7),
        ("lock_after", 2),
        ("terminals_web", 51),
        ("second_factor", "all"),
        ("notice", "x" * 501),
    ],
)
def test_what_is_out_of_bounds_is_said_at_its_field(boss: Client, tenant: Tenant, name: str, value: Any) -> None:
    answer = boss.post(page_of(tenant), typed(tenant, **{name: value}))

    tenant.refresh_from_db()
    assert list(answer.context["adminform"].form.errors) == [name]
    assert tenant.settings == {}


def test_whoever_saw_an_older_version_is_told(boss: Client, tenant: Tenant) -> None:
    stale = typed(tenant, lock_after=5)
    boss.post(page_of(tenant), typed(tenant, lock_after=7))

    answer = boss.post(page_of(tenant), stale)

    tenant.refresh_from_db()
    assert answer.status_code == 200
    assert tenant.settings["sign_in"]["lock_after"] == 7


class TestWhatFollows:
    def test_it_is_asked_first_and_done_once_accepted(self, boss: Client, helper: User, tenant: Tenant) -> None:
        asked = boss.post(page_of(tenant), typed(tenant, second_factor="everyone"))
        tenant.refresh_from_db()
        before = tenant.settings
        done = boss.post(page_of(tenant), typed(tenant, second_factor="everyone", accepted=["factors_missing"]))

        tenant.refresh_from_db()
        assert "1 person has no second factor" in asked.content.decode()
        assert (asked.status_code, before, done.status_code) == (200, {}, 302)
        assert read_preferences(tenant.settings).sign_in.second_factor == "everyone"

    def test_a_tick_at_one_thing_is_none_at_another(self, boss: Client, tenant: Tenant) -> None:
        answer = boss.post(
            page_of(tenant),
            typed(tenant, second_factor="everyone", allow_passwords="no", accepted=["factors_missing"]),
        )

        tenant.refresh_from_db()
        assert "no connection to sign in by" in answer.content.decode()
        assert tenant.settings == {}

    def test_nobody_is_asked_where_nothing_follows(self, boss: Client, helper: User, tenant: Tenant) -> None:
        CodeGenerator.unscoped.create(tenant=tenant, user=helper, sealed_secret="x", last_step=0)

        answer = boss.post(page_of(tenant), typed(tenant, second_factor="everyone"))

        assert answer.status_code == 302


class TestScopes:
    def test_another_tenants_rules_are_not_there(self, boss: Client, other_tenant: Tenant) -> None:
        answer = boss.post(page_of(other_tenant), typed(other_tenant, lock_after=5))

        other_tenant.refresh_from_db()
        assert answer.status_code == 404
        assert other_tenant.settings == {}

    def test_whoever_may_only_look_reads_them_and_changes_nothing(
        self, helper: User, helper_pages: Client, tenant: Tenant
    ) -> None:
        give_role(helper, AUDITOR)

        page = helper_pages.get(page_of(tenant))
        answer = helper_pages.post(page_of(tenant), typed(tenant, lock_after=5))

        tenant.refresh_from_db()
        assert "Failures before a wait: 10" in page.content.decode()
        assert answer.status_code == 403
        assert tenant.settings == {}

    def test_the_installation_sets_them_for_any(self, admin_pages: Client, other_tenant: Tenant) -> None:
        answer = admin_pages.post(page_of(other_tenant), typed(other_tenant, plan="small", lock_after=5))

        other_tenant.refresh_from_db()
        assert answer.status_code == 302
        assert (other_tenant.plan, other_tenant.settings) == ("small", {"sign_in": {"lock_after": 5}})


def test_words_name_bounds_that_there_are_and_escape_nothing_away() -> None:
    words = rules_in_words(read_preferences({"terminals": {"per_platform": {"web": 2}}}))

    assert "Browsers: 2" in words
    assert "iOS" not in words
    assert "Sign-in with a password: allowed" in words
