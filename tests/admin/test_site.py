"""The admin as a whole: every list opens, in both languages, at a constant cost, for those who may see it."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.orgs.models import Department, Import, Placement
from apps.orgs.services import create_department
from tests.admin.conftest import make_terminal, populate
from tests.conftest import PASSWORD

ROWS = 6
CROWD = 6
"""Of everything on the page of one row."""
LISTS = [
    "access_grant",
    "access_role",
    "accounts_browsersession",
    "accounts_registration",
    "accounts_serviceaccount",
    "accounts_terminal",
    "accounts_user",
    "audit_entry",
    "conversations_conversation",
    "identity_connection",
    "identity_directoryrun",
    "identity_link",
    "identity_scimtoken",
    "jobs_job",
    "oauth2_provider_accesstoken",
    "oauth2_provider_refreshtoken",
    "orgs_agreement",
    "orgs_department",
    "orgs_organisation",
    "orgs_placement",
    "tenants_tenant",
]


def list_url(page: str) -> str:
    return reverse(f"admin:{page}_changelist")


def query_count(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(url)
    assert answer.status_code == 200
    return len(captured)


def test_the_lists_are_all_there_is() -> None:
    registered = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}

    assert registered == set(LISTS)


def test_lists_cost_the_same_with_many_rows_as_with_few(admin_pages: Client) -> None:
    populate(2, prefix="few")
    query_count(admin_pages, list_url(LISTS[0]))  # the first answer of a session notes its browser
    few = {page: query_count(admin_pages, list_url(page)) for page in LISTS}

    populate(ROWS, prefix="many")
    many = {page: query_count(admin_pages, list_url(page)) for page in LISTS}

    assert many == few
    assert max(many.values()) <= 14


def test_pages_of_one_row_cost_the_same_with_much_on_them(admin_pages: Client, root: User) -> None:
    populate(1, prefix="x")
    [department] = Department.unscoped.filter(name="Sales")
    [ann] = User.unscoped.filter(username="ann")
    pages = [
        reverse("admin:orgs_department_change", args=[department.pk]),
        reverse("admin:orgs_organisation_change", args=[department.organisation_id]),
        reverse("admin:accounts_user_change", args=[ann.pk]),
        reverse("admin:accounts_user_history", args=[ann.pk]),
        reverse("orgs_tree:overview"),
        reverse("orgs_tree:level", query={"parent": str(department.pk)}),
        reverse("orgs_exchange:overview", query={"organisation": str(department.organisation_id)}),
    ]
    query_count(admin_pages, pages[0])  # the first answer of a session may note more
    few = {page: query_count(admin_pages, page) for page in pages}

    for number in range(CROWD):
        below = create_department(root, parent_id=department.pk, name=f"Below {number}", now=timezone.now())
        person = create_user(ann.tenant, username=f"crowd{number}", password=PASSWORD)
        for place, placed in ((department, person), (below, ann)):
            Placement.unscoped.create(tenant=ann.tenant, department=place, user=placed)
        make_terminal(ann, name=f"Desk {number}")
        Import.unscoped.create(
            tenant=ann.tenant, organisation_id=department.organisation_id, created_by=person, kind="people"
        )

    many = {page: query_count(admin_pages, page) for page in pages}
    assert {page: count for page, count in many.items() if count > few[page]} == {}
    assert max(few.values()) <= 22


def test_the_overview_costs_few_queries(admin_pages: Client) -> None:
    populate(3, prefix="x")

    query_count(admin_pages, list_url(LISTS[0]))  # the first answer of a session may note more

    assert query_count(admin_pages, reverse("admin:index")) <= 12


@pytest.mark.parametrize("page", LISTS)
def test_lists_can_be_searched(admin_pages: Client, page: str) -> None:
    populate(1, prefix="x")

    answer = admin_pages.get(list_url(page), {"q": "no such thing 张"})

    assert answer.status_code == 200
    assert answer.context["cl"].result_count == 0


@pytest.mark.parametrize(("language", "words"), [("en", "Active people"), ("zh-hans", "在职人员")])
def test_the_admin_speaks_both_languages(admin_pages: Client, language: str, words: str) -> None:
    answer = admin_pages.get(reverse("admin:index"), headers={"accept-language": language})

    assert words in answer.content.decode()


@pytest.mark.parametrize("page", LISTS)
def test_lists_and_their_columns_are_in_chinese(admin_pages: Client, page: str) -> None:
    answer = admin_pages.get(list_url(page), headers={"accept-language": "zh-hans"})

    changelist = answer.context["cl"]
    with translation.override("zh-hans"):
        titles = [str(changelist.opts.verbose_name_plural), str(changelist.opts.app_config.verbose_name)]
        titles += [
            str(label_for_field(name, changelist.model, changelist.model_admin)) for name in changelist.list_display[1:]
        ]
    assert [title for title in titles if title.isascii()] == []


def test_who_was_given_one_unit_sees_what_it_opens(
    helper_pages: Client, helper: User, grant: Callable[..., None]
) -> None:
    grant(helper, "tenants.tenant.view")

    overview = helper_pages.get(reverse("admin:index"))

    assert overview.context["overview"].groups == []
    codes = {page: helper_pages.get(list_url(page)).status_code for page in LISTS}
    assert {page for page, code in codes.items() if code == 200} == {"tenants_tenant"}
    assert set(codes.values()) == {200, 403}


def test_people_without_powers_stay_outside(alice: User) -> None:
    client = Client()
    client.force_login(alice)

    answer = client.get(reverse("admin:index"))

    assert answer.status_code == 302
    assert answer["location"].startswith(reverse("admin:login"))
