"""One node of the cluster for `benchmarks.cluster`: control plane, data plane and one group member, without the site.

`python -m benchmarks._clusternode FOLDER NAME EXPECT CONTROL_PORT DATA_PORT JOIN`; reads a command per line, answers
with a line of JSON each, and reports every message it receives as `{"got": number}` on its own.
"""

import asyncio
import json
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

DRIVE_THREAD = "imsite-cluster"
NODE_KEY = "a key for one benchmark only"
GROUP_COUNT = 64
"""Every node is in all of these groups: some of them are owned by each node."""


class Node:
    """What the commands do."""

    def __init__(self, arguments: list[str]) -> None:
        import django
        from django.conf import settings

        settings.configure(INSTALLED_APPS=[], LOGGING_CONFIG=None, USE_I18N=False)
        django.setup()
        from apps.cluster.layer import Seat, SlotChannelLayer
        from apps.cluster.runtime.config import ClusterConfig
        from apps.cluster.runtime.keyring import KeyRing
        from apps.cluster.services import Cluster

        folder, name, expect, port, data_port, join = arguments
        ring = KeyRing([NODE_KEY])
        addresses = tuple(("127.0.0.1", int(other)) for other in join.split(",") if other)
        config = ClusterConfig(
            folder=Path(folder) / name,
            keys=ring,
            name=name,
            port=int(port),
            data_port=int(data_port),
            expect=int(expect),
            join=addresses,
        )
        self.cluster = Cluster(config, lambda code, detail: sys.exit(f"{code}: {detail}"))
        self.layer = SlotChannelLayer(seat=Seat(self.cluster, ring, "127.0.0.1", int(data_port)))

    async def run(self) -> None:
        """Answer until standard input ends."""
        await self.layer.start()
        channel = await self.layer.new_channel()
        self.layer.subscribe(channel, self._got)
        for number in range(GROUP_COUNT):
            await self.layer.group_add(f"group.{number}", channel)
        say({"started": True})
        while line := await asyncio.to_thread(sys.stdin.readline):
            verb, *arguments = line.split()
            say(await getattr(self, f"do_{verb}")(*arguments))
        await self.layer.stop()
        self.cluster.stop()

    async def do_status(self) -> Any:
        """Everything the node knows."""
        return await self.cluster.status()

    async def do_owners(self) -> Any:
        """Who owns the slot of each group, by id."""
        return {number: f"{self.cluster.owner_of(f'group.{number}'):016x}" for number in range(GROUP_COUNT)}

    async def do_table(self) -> Any:
        """The owner of every slot, by id."""
        view = self.cluster.view
        return [] if view is None else [f"{view.table.owner(slot):016x}" for slot in range(16_384)]

    async def do_usage(self) -> Any:
        """Processor seconds of this process and of its drive loop's thread, and memory."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        drive = next(thread.ident for thread in threading.enumerate() if thread.name == DRIVE_THREAD)
        assert drive is not None
        return {
            "cpu_s": used.ru_utime + used.ru_stime,
            "drive_s": time.clock_gettime(time.pthread_getcpuclockid(drive)),
            "rss_kib": used.ru_maxrss,
            "now_s": time.monotonic(),
        }

    async def do_send(self, group: str, number: str) -> Any:
        """Send one message to a group."""
        await self.layer.group_send(f"group.{group}", {"type": "t", "number": int(number)})
        return {"sent": int(number)}

    async def do_stop(self) -> Any:
        """Leave as a node does that is asked to."""
        await self.cluster.leave()
        return {"left": True}

    def _got(self, message: dict[str, Any]) -> None:
        if message["type"] == "t":
            say({"got": message["number"], "at_s": time.monotonic()})


def say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(Node(sys.argv[1:]).run())
