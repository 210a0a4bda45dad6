"""Made-up trees have the size asked for and the numbers of django-mptt."""

from random import Random

import pytest

from imsite.seeding.trees import MAX_CHILDREN, MAX_LEVEL, grow


@pytest.mark.parametrize("size", [1, 2, 500])
def test_a_tree_is_numbered_throughout(size: int) -> None:
    nodes = grow("root", size, Random(1))

    assert len(nodes) == size
    assert sorted([n.lft for n in nodes] + [n.rght for n in nodes]) == list(range(1, 2 * size + 1))
    for node in nodes[1:]:
        assert node.parent is not None
        assert node.parent.lft < node.lft < node.rght < node.parent.rght
        assert node.level == node.parent.level + 1 <= MAX_LEVEL


def test_parents_come_before_their_children_and_have_bounds() -> None:
    nodes = grow("root", 500, Random(2))

    places = {id(node): place for place, node in enumerate(nodes)}
    assert all(places[id(node.parent)] < places[id(node)] for node in nodes[1:])
    assert max(len(node.children) for node in nodes) <= MAX_CHILDREN
    assert max(node.level for node in nodes) > 3


def test_a_parent_is_found_where_few_have_room() -> None:
    class Stubborn(Random):
        def random(self) -> float:
            return 0.0

    nodes = grow("root", MAX_CHILDREN + 5, Stubborn())

    assert len(nodes[0].children) == MAX_CHILDREN
    assert len(nodes[1].children) == 4
