"""Operators see in the status of a node what its data plane has counted."""

from pathlib import Path

from apps.cluster import services
from apps.cluster.layer import Seat, SlotChannelLayer
from tests.cluster.live import RING, config, until


async def test_what_the_data_plane_counts_is_part_of_the_nodes_status(tmp_path: Path) -> None:
    node = services.start(config(tmp_path, "n0"), lambda *_: None)
    layer = SlotChannelLayer(capacity=1, seat=Seat(node, RING))
    try:
        await layer.start()
        await until(lambda: node.serving_until_ms)
        channel = await layer.new_channel()
        await layer.group_add("g", channel)
        for _ in range(3):
            await layer.group_send("g", {"type": "x"})
        counters = (await node.status())["counters"]
    finally:
        await layer.stop()
        node.stop()

    assert counters["layer_channel_full"] == 2
