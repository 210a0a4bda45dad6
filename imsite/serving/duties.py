"""A node's share of the periodic jobs, from the start of its gateway to the end, if it has the role `jobs`.

Everything takes place in threads, so the event loop waits for nothing. Not here: what the jobs are, and who runs one.
"""

import asyncio

from django.conf import settings

from apps.jobs.runner import Runner, Tempo
from imsite.roles import does


class _Process:
    """Holds this process's runner."""

    def __init__(self) -> None:
        self.runner: Runner | None = None


_process = _Process()


def start() -> None:
    """Begin to look for jobs. Nothing happens without the role, with IM_JOBS=off, or when it was begun already."""
    if settings.IM_JOBS["on"] and does("jobs") and _process.runner is None:
        _process.runner = Runner(settings.IM_CLUSTER["name"], Tempo.of(settings.IM_JOBS["tempo"]))
        _process.runner.start()


async def stop() -> None:
    """Begin no more, and wait for what runs, at most for a few seconds. Nothing happens before `start`."""
    runner, _process.runner = _process.runner, None
    if runner is not None:
        await asyncio.to_thread(runner.stop)
