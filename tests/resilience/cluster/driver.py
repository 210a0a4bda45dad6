"""Runs scenarios inside a network and a mount namespace of its own: `unshare --net --mount python -m … HOSTS FOUNDERS`.

Reads the name of a scenario per line, answers with one line of JSON each: `{"ok": true}` or what went wrong.
"""

import asyncio
import json
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from tests.resilience.cluster.scenarios import FIVE, THREE, Scenario, fill_the_disk
from tests.resilience.cluster.site import ClusterSite
from tests.resilience.promises import traffic_on


def main(hosts: int, founders: int) -> None:
    with tempfile.TemporaryDirectory(prefix="imsite-cluster-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        site = ClusterSite(folder, hosts=hosts, founders=founders)
        if fill_the_disk.__name__ in scenarios_of(founders):
            site.give_small_disk(founders)
        try:
            asyncio.run(serve(site))
        finally:
            site.close()


async def serve(site: ClusterSite) -> None:
    try:
        await site.prepare()
        say({"ready": True})
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            say(await outcome(site, scenarios_of(site.founders)[line]))
    except Exception:  # the other end has to hear of it
        say({"ok": False, "error": traceback.format_exc()})


def scenarios_of(founders: int) -> dict[str, Scenario]:
    return THREE if founders == 3 else FIVE


async def outcome(site: ClusterSite, scenario: Scenario) -> dict[str, Any]:
    try:
        async with traffic_on(site) as traffic:
            await scenario(site, traffic)
    except BaseException:  # a failed assertion and a lost task alike are the answer
        logs = {host: site.log_tail(host) for host, node in site.nodes.items() if node.process is not None}
        return {"ok": False, "error": traceback.format_exc(), "logs": logs}
    return {"ok": True}


def say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
