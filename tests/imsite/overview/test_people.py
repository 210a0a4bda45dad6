"""People, structure and sessions are counted within reach: what is elsewhere is in no figure."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import ensure_applications
from apps.orgs.models import Placement
from tests.accounts.programs import make_service_account
from tests.admin.conftest import make_terminal, make_tokens
from tests.admin.world import World
from tests.imsite.overview.conftest import Reader


def test_people_are_counted_by_what_is_to_be_done_about_them(world: World, reader: Reader) -> None:
    User.unscoped.filter(pk=world.people["sales"].pk).update(created_at=timezone.now() - timedelta(days=8))
    User.unscoped.filter(pk=world.people["research"].pk).update(is_active=False)

    people = {level: reader.figures(level)["People"] for level in ("system", "tenant", "organisation", "department")}

    assert people == {
        "system": {"Active people": "9", "New this week": "9", "Deactivated": "1", "Without a department": "4"},
        "tenant": {"Active people": "6", "New this week": "6", "Deactivated": "1", "Without a department": "4"},
        "organisation": {"Active people": "1", "New this week": "1", "Deactivated": "1"},
        "department": {"Active people": "1", "New this week": "0", "Deactivated": "0"},
    }


def test_programs_are_no_people(world: World, reader: Reader) -> None:
    before = reader.figures("tenant")["People"]

    make_service_account(world.tenants["acme"])

    assert reader.figures("tenant")["People"] == before


def test_departments_that_nobody_is_in_are_counted(world: World, reader: Reader) -> None:
    Placement.unscoped.filter(user=world.people["research"]).delete()

    empty = {
        level: reader.figures(level)["Structure"]["Departments without people"] for level in ("tenant", "department")
    }

    assert empty == {"tenant": "2", "department": "1"}


def test_structure_and_sessions_are_each_levels_own(world: World, reader: Reader) -> None:
    ensure_applications()
    for place in ("rival", "sales"):
        make_terminal(world.people[place])
        make_tokens(world.people[place], place)

    found = {level: reader.figures(level) for level in ("system", "tenant", "organisation", "department")}

    rest = {"Departments without people": "1"}
    assert {level: groups["Structure"] for level, groups in found.items()} == {
        "system": {"Tenants": "3", "Organisations": "3", "Departments": "8", **rest},
        "tenant": {"Organisations": "2", "Departments": "6", **rest},
        "organisation": {"Organisations": "1", "Departments": "4", **rest},
        "department": {"Departments": "2", **rest},
    }
    used = {level: set(groups["Signed in now"].values()) for level, groups in found.items()}
    assert used == {"system": {"2"}, "tenant": {"1"}, "organisation": {"1"}, "department": {"1"}}


def test_every_figure_leads_to_the_rows_that_it_counts(world: World, reader: Reader) -> None:
    User.unscoped.filter(pk=world.people["sales"].pk).update(is_active=False)
    boss = world.client("tenant")

    shown = {}
    for group in reader.page("tenant").groups[:2]:
        for figure in group.figures:
            answer = boss.get(figure.url)
            assert answer.status_code == 200, figure.url
            shown[figure.label] = (figure.value, str(answer.context["cl"].result_count))

    assert {label for label, (counted, listed) in shown.items() if counted != listed} == set()
