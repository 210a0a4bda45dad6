"""The name of a channel says where it lives, or its slot does."""

import pytest

from apps.cluster.core.ids import NO_NODE, NodeId, node_name
from apps.cluster.core.routing import slot_of
from apps.cluster.layer.homes import home_of, local_name, named_node

HERE, OWNER = NodeId(0x1234), NodeId(0x5678)


def owner(slot: int) -> NodeId:
    return OWNER if slot == slot_of("room") else NO_NODE


def test_a_fresh_name_carries_its_prefix_and_its_node() -> None:
    name = local_name("reply", HERE)

    assert name.startswith(f"reply.{node_name(HERE)}!")
    assert named_node(name) == HERE


def test_fresh_names_are_never_the_same() -> None:
    assert len({local_name("p", HERE) for _ in range(100)}) == 100


def test_a_prefix_with_dots_hides_nothing() -> None:
    assert named_node(local_name("a.b.c", HERE)) == HERE


@pytest.mark.parametrize(
    "channel",
    ["room", node_name(HERE), "specific!abc", "p.12!abc", "p.not-hexadecimal!x", f"p.{0:016x}!abc", "!", ""],
)
def test_other_names_name_no_node(channel: str) -> None:
    assert named_node(channel) == NO_NODE


def test_a_named_channel_lives_where_its_name_says_whoever_owns_the_slot() -> None:
    assert home_of(local_name("p", HERE), lambda _: OWNER) == HERE


def test_any_other_channel_lives_with_the_owner_of_its_slot() -> None:
    assert home_of("room", owner) == OWNER


def test_while_nobody_owns_its_slot_it_lives_nowhere() -> None:
    assert home_of("another", owner) == NO_NODE
