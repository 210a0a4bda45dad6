"""One node's part of the layer keeps what lives here, and sends on what lives elsewhere."""

import asyncio
from typing import Any

import pytest
from channels.exceptions import ChannelFull

from apps.cluster.core.ids import NodeId, node_name
from apps.cluster.core.routing import Notice, Put, slot_of
from apps.cluster.layer.parcels import Parcel, pack, pack_named
from tests.cluster.layer.fixed import FixedCluster, even_table, name_of
from tests.cluster.live import until

PAYLOAD = pack({"type": "t"})
HERE, THERE = name_of(0, 2), name_of(1, 2)


def waiting(end: Any, channel: str) -> list[bytes]:
    return [parcel.payload for parcel in end.mailboxes.take_all(channel)]


async def test_a_channel_lives_with_its_owner_or_with_its_callback(pair: FixedCluster) -> None:
    end = pair.ends[0]
    before = end.is_here(THERE)

    end.mailboxes.subscribe(THERE, lambda _: None)

    assert not before
    assert end.is_here(HERE)
    assert end.is_here(THERE)
    assert end.home(THERE) == pair.nodes[1]


@pytest.mark.parametrize("channel", [HERE, THERE])
async def test_a_full_channel_says_so_here_and_elsewhere(pair: FixedCluster, channel: str) -> None:
    end = pair.ends[0]
    for _ in range(2):
        end.send(channel, PAYLOAD)

    with pytest.raises(ChannelFull):
        end.send(channel, PAYLOAD)


async def test_what_is_taken_out_elsewhere_makes_room_for_its_sender(pair: FixedCluster) -> None:
    end = pair.ends[0]
    for _ in range(2):
        end.send(THERE, PAYLOAD)

    await asyncio.wait_for(pair.layers[1].receive(THERE), 2)
    await until(lambda: end.credits.take(THERE, 2))

    assert not end.credits.take(THERE, 2)


async def test_what_is_taken_out_here_makes_room_at_once(pair: FixedCluster) -> None:
    end = pair.ends[0]
    end.credits.take(HERE, 1)

    end.took(HERE, Parcel(PAYLOAD, (), end.node))

    assert end.credits.take(HERE, 1)


async def test_a_message_for_a_process_that_is_gone_is_dropped_and_counted(pair: FixedCluster) -> None:
    end = pair.ends[0]

    end.send(f"p.{node_name(NodeId(0x9999))}!x", PAYLOAD)

    assert end.count()["layer_channel_unreachable"] == 1


async def test_what_comes_in_beyond_the_capacity_is_dropped_and_counted(pair: FixedCluster) -> None:
    end = pair.ends[0]
    for _ in range(3):
        end.posted(pair.nodes[1], Put(0, 0, 0, HERE, pair.nodes[1], PAYLOAD))

    assert waiting(end, HERE) == [PAYLOAD] * 2
    assert end.count()["layer_channel_full"] == 1


async def test_what_comes_in_for_a_channel_elsewhere_is_sent_on(pair: FixedCluster) -> None:
    here, there = pair.ends

    here.posted(pair.nodes[1], Put(0, 0, 0, THERE, pair.nodes[1], PAYLOAD))
    here.plane.settle()
    await until(lambda: THERE in there.mailboxes.names())

    assert waiting(there, THERE) == [PAYLOAD]
    assert waiting(here, THERE) == []


@pytest.mark.parametrize("place", [0, 1])
async def test_a_message_brought_back_is_the_next_one_again(pair: FixedCluster, place: int) -> None:
    sender, home = pair.ends[0], pair.ends[place]
    channel, second = name_of(place, 2), pack({"type": "second"})
    home.send(channel, second)

    sender.restore(channel, Parcel(PAYLOAD))
    await until(lambda: len(home.mailboxes._boxes[channel].items) == 2)

    assert waiting(home, channel) == [PAYLOAD, second]


async def test_a_channel_in_several_groups_gets_a_message_once(pair: FixedCluster) -> None:
    end = pair.ends[0]
    for group in ("a", "b"):
        end.add_member(group, HERE, lambda: None)

    end.deliver(("a", "b", "empty"), pack_named({"type": "t"}))

    (parcel,) = end.mailboxes.take_all(HERE)
    assert parcel.open() == {"type": "t", "groups": ["a", "b"]}


async def test_a_full_member_is_left_out_and_counted(pair: FixedCluster) -> None:
    end = pair.ends[0]
    end.add_member("a", HERE, lambda: None)

    for _ in range(3):
        end.deliver(("a",), PAYLOAD)

    assert end.counters["channel_full"] == 1


async def test_leaving_the_last_group_forgets_the_member(pair: FixedCluster) -> None:
    end = pair.ends[0]
    for group in ("a", "b", "c"):
        end.add_member(group, HERE, lambda: None)

    end.discard_member("a", HERE)
    end.discard_channel(HERE)

    assert len(end.memberships) == 0
    assert not any(group in end.router._switch.joined for group in ("a", "b", "c"))


async def test_callbacks_are_told_what_they_may_have_missed(pair: FixedCluster) -> None:
    end, got = pair.ends[0], list[Parcel]()
    end.mailboxes.subscribe(HERE, got.append)

    end.missed(Notice(("a",), end.plane.clock_ms()))
    end.missed(Notice(None, end.plane.clock_ms()))

    first, second = (parcel.open() for parcel in got)
    assert (first["type"], first["groups"], second["groups"]) == ("gap", ["a"], None)
    assert first["since_ms"] > 1_000_000_000_000


async def test_a_broken_link_forgets_what_waits_there(pair: FixedCluster) -> None:
    end = pair.ends[0]
    end.credits.take(THERE, 2)

    end.unlinked(pair.nodes[1])

    assert len(end.credits) == 0


async def test_forgetting_everything_leaves_no_message_and_no_group(pair: FixedCluster) -> None:
    end = pair.ends[0]
    end.add_member("a", HERE, lambda: None)
    end.send(HERE, PAYLOAD)

    end.forget_everything()

    assert len(end.memberships) == len(end.mailboxes) == 0


async def test_messages_and_groups_follow_their_channel_to_its_owner(pair: FixedCluster) -> None:
    here, there = pair.ends
    await pair.layers[0].group_add("a", HERE)
    here.send(HERE, PAYLOAD)

    pair.tell(even_table((pair.nodes[1], pair.nodes[0]), epoch=2))
    await until(lambda: HERE in there.mailboxes.names() and "a" in there.memberships)

    assert there.router.owner(slot_of(HERE)) == there.node
    assert waiting(there, HERE) == [PAYLOAD]
    assert "a" not in here.memberships


async def test_what_nobody_receives_is_dropped_and_its_channel_leaves_its_groups() -> None:
    fixed = FixedCluster(1, expiry=0.02)
    await fixed.start()
    (end,) = fixed.ends
    end.add_member("group", "unread", lambda: None)
    end.add_member("group", "reads", lambda: None)
    end.mailboxes.subscribe("reads", lambda _: None)

    end.send("unread", PAYLOAD)

    await until(lambda: len(end.mailboxes) == 0)
    assert end.memberships.members("group") == ["reads"]
    await fixed.stop()
