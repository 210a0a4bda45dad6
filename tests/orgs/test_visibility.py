"""The rules of who sees whom, one by one."""

from dataclasses import replace

import pytest

from apps.orgs.visibility import Agreement, Department, Organisation, Person, Placement, Refusal, World

DEPARTMENTS = {  # of acme: root > sales > north, root > lab > vault, the last two hidden; of rival: hall
    "root": Department("acme"),
    "sales": Department("acme", "root"),
    "north": Department("acme", "sales"),
    "lab": Department("acme", "root", is_hidden=True),
    "vault": Department("acme", "lab", is_hidden=True),
    "hall": Department("rival"),
}


def world(reach: str = "organisation", **people: str) -> World:
    """People by name, each with the departments she is in, and a star behind the one she leads."""
    places = [(name, place) for name, text in people.items() for place in text.split()]
    return World(
        people={name: Person() for name in people},
        organisations={"acme": Organisation(reach), "rival": Organisation(reach)},
        departments=DEPARTMENTS,
        placements=tuple(Placement(name, place.rstrip("*"), place.endswith("*")) for name, place in places),
    )


def sees(world: World, viewer: str) -> str:
    """Everyone else whom the viewer sees, in one text."""
    return " ".join(other for other in sorted(world.people) if other != viewer and world.may_see(viewer, other))


def shown(world: World, viewer: str) -> str:
    return " ".join(key for key in world.departments if world.may_see_department(viewer, key))


class TestInsideAnOrganisation:
    def test_its_people_see_each_other(self) -> None:
        assert sees(world(ann="north", bob="root", cid="hall"), "ann") == "bob"

    @pytest.mark.parametrize(("viewer", "seen"), [("ann", "bob"), ("bob", "ann"), ("top", "ann bob far"), ("far", "")])
    def test_or_only_their_branch_of_the_first_level(self, viewer: str, seen: str) -> None:
        departments = {**DEPARTMENTS, "south": Department("acme", "root")}
        small = replace(world("branch", ann="north", bob="sales", far="south", top="root"), departments=departments)

        assert sees(small, viewer) == seen

    def test_or_only_their_own_departments(self) -> None:
        small = world("department", ann="north sales", bob="north", cid="sales", dan="root")

        assert (sees(small, "ann"), sees(small, "bob")) == ("bob cid", "ann")

    def test_leaders_see_all_below_them_whatever_the_reach(self) -> None:
        small = world("department", ann="sales*", bob="north", cid="root")

        assert (sees(small, "ann"), sees(small, "bob")) == ("bob", "")

    def test_a_closed_one_joins_nobody(self) -> None:
        small = world(ann="north", bob="north")
        closed = replace(small, organisations={**small.organisations, "acme": Organisation(is_active=False)})

        assert (sees(closed, "ann"), shown(closed, "ann")) == ("", "")


class TestPeople:
    def test_the_inactive_are_seen_by_nobody(self) -> None:
        small = world(ann="north", bob="north", cid="north")
        small = replace(
            small, people={**small.people, "bob": Person(is_active=False)}, contacts=frozenset({("ann", "bob")})
        )

        assert sees(small, "ann") == "cid"

    def test_everybody_sees_herself(self) -> None:
        small = world(ann="vault")
        hidden = replace(small, people={"ann": Person(is_hidden=True, is_guest=True)})

        assert hidden.may_see("ann", "ann")
        assert hidden.refusal_to_write("ann", "ann") is None

    def test_who_has_no_place_is_of_the_tenant_at_large(self) -> None:
        small = world(ann="", bob="north", cid="vault", dan="hall")

        assert (sees(small, "ann"), sees(small, "bob")) == ("bob dan", "ann")

    def test_contacts_see_each_other_whatever_else(self) -> None:
        small = replace(world(ann="hall", bob="vault"), contacts=frozenset({("ann", "bob")}))

        assert (sees(small, "ann"), sees(small, "bob")) == ("bob", "ann")
        assert small.refusal_to_write("bob", "ann") is None

    def test_guests_meet_contacts_only(self) -> None:
        small = world(ann="north", bob="north", gus="north", guy="")
        guests = {"gus": Person(is_guest=True), "guy": Person(is_guest=True)}
        small = replace(small, people={**small.people, **guests}, contacts=frozenset({("bob", "gus")}))

        assert [sees(small, name) for name in ("ann", "bob", "gus", "guy")] == ["bob", "ann gus", "bob", ""]
        assert shown(small, "gus") == ""

    def test_hidden_people_are_known_to_those_who_share_what_hides_them(self) -> None:
        small = world(ann="north", bob="north lab", cid="lab", dan="", hid="north lab")
        small = replace(small, people={**small.people, "hid": Person(is_hidden=True)})

        assert [name for name in ("ann", "bob", "cid", "dan") if small.may_see(name, "hid")] == ["bob", "cid"]
        assert sees(small, "hid") == "ann bob cid dan"

    def test_hidden_people_without_a_place_are_known_to_contacts_only(self) -> None:
        small = replace(world(ann="north", hid=""), people={"ann": Person(), "hid": Person(is_hidden=True)})

        assert sees(small, "ann") == ""
        assert sees(replace(small, contacts=frozenset({("hid", "ann")})), "ann") == "hid"


class TestHiddenDepartments:
    def test_only_people_inside_see_who_is_in_there(self) -> None:
        small = world(ann="root*", bob="lab", cid="vault")

        assert [sees(small, name) for name in ("ann", "bob", "cid")] == ["", "ann", "ann bob"]

    def test_who_is_elsewhere_too_is_seen_there(self) -> None:
        assert sees(world(ann="root", bob="lab sales"), "ann") == "bob"

    def test_they_are_not_shown_to_others(self) -> None:
        small = world(ann="north", bob="vault")

        assert shown(small, "ann") == "root sales north"
        assert shown(small, "bob") == "root sales north lab vault"


class TestAcrossOrganisations:
    def test_people_see_whom_an_agreement_shows_them(self) -> None:
        small = replace(world(ann="north", bob="hall", cid="vault"), agreements=(Agreement("acme", "rival"),))

        assert (sees(small, "bob"), sees(small, "ann")) == ("ann", "")
        assert shown(small, "bob") == "root sales north hall"

    def test_an_agreement_that_shows_nobody_shows_nobody(self) -> None:
        small = replace(world(ann="north", bob="hall"), agreements=(Agreement("acme", "rival", may_see=False),))

        assert sees(small, "bob") == ""

    def test_writing_has_to_be_agreed_too(self) -> None:
        small = replace(world(ann="north", bob="hall"), agreements=(Agreement("acme", "rival"),))
        agreed = replace(small, agreements=(Agreement("acme", "rival", may_write=True),))

        assert small.refusal_to_write("bob", "ann") is Refusal.NOT_AGREED
        assert agreed.refusal_to_write("bob", "ann") is None
        assert agreed.refusal_to_write("ann", "bob") is Refusal.NOT_FOUND

    def test_a_place_is_known_through_what_shows_the_person_there(self) -> None:
        small = world("department", ann="north", bob="north sales hall", cid="hall")
        small = replace(small, contacts=frozenset({("ann", "cid")}))

        assert [place.department for place in small.placements if small.may_see_placement("ann", place)] == [
            "north",
            "north",
        ]

    def test_a_department_is_shown_with_the_way_to_it(self) -> None:
        assert shown(world("department", ann="north", bob="sales"), "ann") == "root sales north"


class TestBlocks:
    @pytest.mark.parametrize("block", [("ann", "bob"), ("bob", "ann")])
    def test_they_end_writing_both_ways_and_hide_nobody(self, block: tuple[str, str]) -> None:
        small = replace(world(ann="north", bob="north"), blocks=frozenset({block}))

        assert sees(small, "ann") == "bob"
        assert small.refusal_to_write("ann", "bob") is Refusal.BLOCKED
        assert small.refusal_to_write("bob", "ann") is Refusal.BLOCKED


class TestFinding:
    def test_all_but_the_hidden_are_found_by_their_exact_name(self) -> None:
        small = world(ann="north", bob="hall", cid="vault", dan="vault hall", eva="", gus="", hid="north", ina="north")
        marked = {
            "gus": Person(is_guest=True),
            "hid": Person(is_hidden=True),
            "ina": Person(is_active=False),
        }
        small = replace(small, people={**small.people, **marked})

        assert [name for name in small.people if small.may_find("ann", name)] == ["ann", "bob", "dan", "eva", "gus"]
        assert small.may_find("cid", "cid")
