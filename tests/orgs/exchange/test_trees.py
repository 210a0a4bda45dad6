"""The tree that planning plays with."""

from apps.orgs.exchange.references import ROOT, Reference
from apps.orgs.exchange.trees import Node, is_there
from tests.orgs.exchange.trees import ROOT_ID, tree, uid


def test_departments_are_found_by_code_and_by_path() -> None:
    plant = tree((2, 1, "R&D", "RD"), (3, 2, "Platform"))

    assert plant.find(ROOT) == ROOT_ID
    assert plant.find(Reference(code="RD")) == uid(2)
    assert plant.find(Reference(names=("R&D", "Platform"))) == uid(3)
    assert plant.find(Reference(names=("Platform",))) is None
    assert plant.find(Reference(names=("Nowhere", "Platform"))) is None
    assert plant.find(Reference(code="Platform")) is None


def test_depth_height_and_names_follow_a_move() -> None:
    plant = tree((2, 1, "A"), (3, 2, "B"), (4, 3, "C"), (5, 1, "D"))

    plant.move(uid(3), uid(5), "B2")

    assert (plant.depth(uid(4)), plant.height(ROOT_ID), plant.height(uid(2))) == (3, 3, 0)
    assert plant.names(uid(4)) == ("D", "B2", "C")
    assert plant.is_within(uid(4), uid(5))
    assert not plant.is_within(uid(4), uid(2))
    assert plant.find(Reference(names=("A", "B"))) is None


def test_a_new_department_has_the_number_of_its_line() -> None:
    plant = tree((2, 1, "A"))

    plant.add(Node(7, uid(2), "New", "N"))
    plant.set_code(uid(2), "A1")

    assert plant.find(Reference(code="N")) == plant.find(Reference(names=("A", "New"))) == 7
    assert plant.with_code("A1") == uid(2)
    assert plant[7].parent == uid(2)
    assert is_there(uid(2))
    assert not is_there(7)


def test_what_may_not_be_seen_is_found_by_nothing() -> None:
    plant = tree((2, 1, "A", "a"), (3, 2, "B", "b"), (4, 3, "C"), unseen=[1, 2])

    assert [plant.find(Reference(code=code)) for code in ("a", "b")] == [None, uid(3)]
    assert plant.find(Reference(names=("A",))) is None
    assert plant.find(ROOT) == ROOT_ID
    assert plant.find(Reference(names=("B", "C"), is_from_top=True)) == uid(4)
    assert plant.find(Reference(names=("A",), is_from_top=True)) is None


def test_a_department_is_named_from_the_root_or_from_what_one_sees() -> None:
    nodes = ((2, 1, "A"), (3, 2, "B"), (4, 3, "C"))
    whole, part = tree(*nodes), tree(*nodes, unseen=[1, 2])

    assert [str(whole.reference(key)) for key in (ROOT_ID, uid(4))] == ["/", "/A/B/C"]
    assert [str(part.reference(uid(number))) for number in (3, 4)] == ["~/B", "~/B/C"]


def test_tops_with_one_name_are_not_guessed() -> None:
    plant = tree((2, 1, "A"), (3, 1, "B"), (4, 2, "Team", "t"), (5, 3, "Team"), unseen=[1, 2, 3])

    assert plant.find(Reference(names=("Team",), is_from_top=True)) is None
    assert plant.find(Reference(code="t")) == uid(4)
