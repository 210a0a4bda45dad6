"""People are found, made, changed, switched off and given passwords through the services."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services.factors import has_second_factor
from apps.audit.models import Entry
from apps.orgs.models import Placement
from tests.accounts.factors import with_codes
from tests.admin.world import World
from tests.conftest import PASSWORD

LIST = "admin:accounts_user_changelist"
ADD = "admin:accounts_user_add"
TABLES = {f"{name}-{kind}_FORMS": "0" for name in ("placements", "terminals") for kind in ("TOTAL", "INITIAL")}
Pages = dict[str, Client]


def page_of(user: User, name: str = "change") -> str:
    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


def new(world: World, department: str = "", **fields: str) -> dict[str, str]:
    place = str(world.departments[department].pk) if department else ""
    form = {"username": "dora", "display_name": "朵拉", "email": "", "locale": "", "title": "", "password": PASSWORD}
    return {**form, "department": place, **TABLES, **fields}


def said(user: User, **fields: str) -> dict[str, str]:
    form = {"display_name": user.display_name, "email": user.email, "locale": user.locale}
    return {**form, "version": str(user.version), **TABLES, **fields}


def run(client: Client, action: str, *users: User) -> str:
    data = {"action": action, "_selected_action": [str(user.pk) for user in users]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def errors(answer: Any) -> list[str]:
    return list(answer.context["adminform"].form.errors)


def test_lost_second_factors_are_taken_away_by_who_may(world: World, pages: Pages) -> None:
    person = world.people["sales"]
    with_codes(person)

    assert "taken away" in run(pages["tenant"], "reset_second_factors", person)

    assert not has_second_factor(person)
    assert Entry.objects.for_tenant(person.tenant_id).filter(action="accounts.factors.reset").exists()


class TestMaking:
    def test_in_ones_department(self, world: World, pages: Pages) -> None:
        place = str(world.departments["Sales"].pk)
        page = pages["department"].get(reverse(ADD), {"department": place}).content.decode()

        answer = pages["department"].post(reverse(ADD), new(world, "East", title="Clerk"))

        dora = User.unscoped.get(login="dora@acme")
        assert f'value="{place}" selected' in page
        assert answer.status_code == 302
        assert dora.check_password(PASSWORD)
        assert Placement.unscoped.get(user=dora).title == "Clerk"

    def test_without_a_place_only_by_who_administers_the_tenant(self, world: World, pages: Pages) -> None:
        below = pages["department"].post(reverse(ADD), new(world))
        above = pages["tenant"].post(reverse(ADD), new(world))

        assert (below.status_code, errors(below), above.status_code) == (200, ["department"], 302)
        assert User.unscoped.get(username="dora").tenant == world.tenants["acme"]

    def test_in_any_tenant_by_who_runs_the_system(self, world: World, pages: Pages) -> None:
        pages["system"].post(reverse(ADD), new(world, tenant=str(world.tenants["rival"].pk)))

        assert User.unscoped.get(username="dora").tenant == world.tenants["rival"]

    @pytest.mark.parametrize("department", ["Research", "Store", "Depot"])
    def test_not_outside(self, world: World, pages: Pages, department: str) -> None:
        answer = pages["department"].post(reverse(ADD), new(world, department))

        assert (answer.status_code, errors(answer)) == (200, ["department"])

    @pytest.mark.parametrize(
        ("field", "value"),
        [("username", "not a name"), ("email", "nonsense"), ("locale", "tlh"), ("password", "12345")],
    )
    def test_a_bad_value_is_said_and_the_rest_stays(self, world: World, pages: Pages, field: str, value: str) -> None:
        answer = pages["tenant"].post(reverse(ADD), new(world, "Sales", **{field: value}))

        assert answer.status_code == 200
        assert len(errors(answer)) == 1
        assert answer.context["adminform"].form["display_name"].value() == "朵拉"
        assert not User.unscoped.filter(username="dora").exists()

    def test_no_power_is_given_by_a_forged_field(self, world: World, pages: Pages) -> None:
        pages["department"].post(reverse(ADD), new(world, "Sales", is_staff="on", is_superuser="on"))

        dora = User.unscoped.get(username="dora")
        assert not dora.is_staff
        assert not dora.is_superuser


class TestChanging:
    def test_names_and_what_the_directory_knows(self, world: World, pages: Pages) -> None:
        person = world.people["sales"]
        assert pages["department"].get(page_of(person)).status_code == 200

        first = pages["department"].post(page_of(person), said(person, display_name="新名字", is_hidden="on"))
        stale = pages["tenant"].post(page_of(person), said(person, display_name="Other"))
        page = pages["department"].get(page_of(person))

        person.refresh_from_db()
        assert (first.status_code, stale.status_code) == (302, 200)
        assert person.display_name == "新名字"
        assert page.context["adminform"].form["is_hidden"].value() is True

    def test_somebody_who_is_elsewhere_too_is_only_looked_at(self, world: World, pages: Pages) -> None:
        person = world.people["sales"]
        pages["tenant"].post(
            reverse("admin:orgs_placement_add"),
            {"user": str(person.pk), "department": str(world.departments["Store"].pk), "title": "", "sort": "0"},
        )

        codes = [
            pages["department"].get(page_of(person)).status_code,
            pages["department"].post(page_of(person), said(person)).status_code,
            pages["department"].get(page_of(person, "password")).status_code,
        ]

        assert codes == [200, 403, 403]

    def test_nobody_changes_who_may_do_more(self, world: World, pages: Pages) -> None:
        boss = world.admins["tenant"]
        place = {"user": str(boss.pk), "department": str(world.departments["Sales"].pk), "title": "", "sort": "0"}
        pages["tenant"].post(reverse("admin:orgs_placement_add"), place)

        changed = pages["department"].post(page_of(boss), said(boss, display_name="Mine"))
        run(pages["department"], "deactivate", boss)
        pages["department"].post(page_of(boss, "password"), {"password1": "mine 4711 x", "password2": "mine 4711 x"})

        boss.refresh_from_db()
        assert changed.status_code == 200
        assert boss.is_active
        assert boss.display_name != "Mine"
        assert boss.check_password(PASSWORD)

    def test_a_new_person_form_shows_who_has_powers(self, world: World, pages: Pages) -> None:
        text = pages["system"].get(reverse(LIST)).content.decode()

        assert "administrator" in text
        assert "superuser" in text


class TestSwitching:
    def test_off_and_on(self, world: World, pages: Pages) -> None:
        person = world.people["sales"]

        text = run(pages["department"], "deactivate", person)
        off = User.unscoped.get(pk=person.pk).is_active
        run(pages["department"], "reactivate", person)

        assert "1 person deactivated." in text
        assert (off, User.unscoped.get(pk=person.pk).is_active) == (False, True)
        assert list(Entry.unscoped.filter(target_id=str(person.pk)).order_by("id").values_list("action", flat=True))[
            -2:
        ] == ["orgs.person.deactivated", "orgs.person.activated"]

    def test_not_oneself_and_nobody_outside(self, world: World, pages: Pages) -> None:
        others = [world.people[place] for place in ("research", "south", "rival")]

        run(pages["department"], "deactivate", world.admins["department"], *others)

        assert not User.unscoped.filter(is_active=False).exists()


class TestPassword:
    def test_another_one_is_set(self, world: World, pages: Pages) -> None:
        person = world.people["sales"]
        url = page_of(person, "password")
        assert url in pages["department"].get(page_of(person)).content.decode()
        assert pages["department"].get(url).status_code == 200

        answer = pages["department"].post(url, {"password1": "quite another 1", "password2": "quite another 1"})

        person.refresh_from_db()
        assert answer.status_code == 302
        assert person.check_password("quite another 1")

    @pytest.mark.parametrize(("first", "second"), [("quite another 1", "typo"), ("12345678", "12345678"), ("", "")])
    def test_a_bad_one_is_refused(self, world: World, pages: Pages, first: str, second: str) -> None:
        person = world.people["sales"]

        answer = pages["department"].post(page_of(person, "password"), {"password1": first, "password2": second})

        person.refresh_from_db()
        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert person.check_password(PASSWORD)

    def test_nobody_outside_has_such_a_page(self, world: World, pages: Pages) -> None:
        codes = [pages["department"].get(page_of(world.people[p], "password")).status_code for p in ("south", "rival")]

        assert codes == [404, 404]


class TestFinding:
    @pytest.mark.parametrize("text", ["sales", "SALES-PERSON@acme", "张三", "zhangsan", "zs"])
    def test_by_characters_pinyin_and_initials(self, world: World, pages: Pages, text: str) -> None:
        person = world.people["sales"]
        pages["department"].post(page_of(person), said(person, display_name="张三 Sales"))

        found = pages["department"].get(reverse(LIST), {"q": text}).context["cl"].result_list

        assert [user.login for user in found] == ["sales-person@acme"]

    def test_a_search_for_nothing_finds_everybody(self, pages: Pages) -> None:
        assert pages["department"].get(reverse(LIST), {"q": "!"}).context["cl"].result_count == 1

    def test_who_has_a_place_and_who_has_none(self, pages: Pages) -> None:
        sides = {
            side: {
                user.login for user in pages["tenant"].get(reverse(LIST), {"placed": side}).context["cl"].result_list
            }
            for side in ("yes", "no", "x")
        }

        assert sides["yes"] == {"sales-person@acme", "research-person@acme", "south-person@acme"}
        assert "nobody@acme" in sides["no"]
        assert sides["x"] == sides["yes"] | sides["no"]

    def test_by_a_department_within_reach_only(self, world: World, pages: Pages) -> None:
        person = world.people["sales"]
        place = {"user": str(person.pk), "department": str(world.departments["Store"].pk), "title": "", "sort": "0"}
        pages["tenant"].post(reverse("admin:orgs_placement_add"), place)

        def count(name: str) -> int:
            query = {"placements__department__id__exact": str(world.departments[name].pk)}
            result: int = pages["department"].get(reverse(LIST), query).context["cl"].result_count
            return result

        assert (count("Sales"), count("Store")) == (1, 0)


@pytest.mark.parametrize("lookup", ["__lt", "", "__lft__gt", "__id__lt", "__isnull"])
def test_filters_compare_departments_by_equality_only(world: World, pages: dict[str, Client], lookup: str) -> None:
    outside = str(world.departments["Research"].pk)

    answer = pages["department"].get(reverse(LIST), {f"placements__department{lookup}": outside})

    assert answer.status_code == 400
