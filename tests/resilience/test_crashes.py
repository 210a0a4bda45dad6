"""Every acknowledged message is stored once, in order, and seen once, in order, whatever is killed meanwhile."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.resilience.installation import Installation, installation
from tests.resilience.promises import traffic_on

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("resilience")]

NODE_DEATHS = 4


@pytest.fixture(scope="module")
def site() -> Iterator[Installation]:
    with installation() as running:
        yield running


async def test_killing_the_node_loses_and_repeats_nothing(site: Installation) -> None:
    async with traffic_on(site) as traffic:
        for death in range(NODE_DEATHS):
            await traffic.more_acks(17 + 7 * death)
            site.kill_node()
            site.start_node()
        await asyncio.to_thread(site.await_node)


async def test_killing_postgresql_loses_and_repeats_nothing(site: Installation) -> None:
    async with traffic_on(site) as traffic:
        for _ in range(2):
            await traffic.more_acks(25)
            site.kill_postgres()
            await asyncio.to_thread(site.start_postgres)


async def test_killing_both_at_once_loses_and_repeats_nothing(site: Installation) -> None:
    async with traffic_on(site) as traffic:
        await traffic.more_acks(10)
        site.kill_postgres()
        site.kill_node()
        await asyncio.to_thread(site.start_postgres)
        site.start_node()
        await asyncio.to_thread(site.await_node)


async def test_a_polite_restart_loses_and_repeats_nothing(site: Installation) -> None:
    async with traffic_on(site) as traffic:
        exit_code = await asyncio.to_thread(site.terminate_node)
        site.start_node()
        await asyncio.to_thread(site.await_node)
        await traffic.more_acks(10)

    assert exit_code == 0
