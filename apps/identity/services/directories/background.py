"""Runs that nobody waits for: in threads of the process that was asked, at most a few, refused beyond.

A thread that the process takes along when it ends leaves its run unended; whoever comes next finds it broken off
(`claims`). So nothing has to be waited for when a process ends.
"""

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Final

from django.db import connections

from apps.common.errors import ImError
from apps.identity.errors import DirectoriesBusy

logger = logging.getLogger(__name__)

AT_ONCE: Final = 2
"""In one process; a further one is refused. Each holds a database connection, and talks to one directory."""

Work = Callable[[], object]


class Background:
    """Hands out threads."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = threading.Semaphore(at_once)

    def begin(self, prepare: Callable[[], Work]) -> None:
        """Prepare something here, do it in a thread as whoever asks. Raises DirectoriesBusy, or what `prepare` does.

        The work itself has to keep what has become of it: what it raises goes to the log.
        """
        if not self._free.acquire(blocking=False):
            raise DirectoriesBusy
        try:
            work, context = prepare(), copy_context()
            thread = threading.Thread(target=context.run, args=(self._do, work), name="directory-run", daemon=True)
            thread.start()
        except BaseException:
            self._free.release()
            raise

    def _do(self, work: Work) -> None:
        try:
            work()
        except ImError as error:
            logger.warning("a directory run was not done", extra={"why": error.code})
        except Exception:
            logger.exception("a directory run failed")
        finally:
            connections.close_all()
            self._free.release()


background: Final = Background()
