"""Threads that do synchronous work at the same moment, each over a connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from apps.common.errors import ImError

READ_COMMITTED = "READ COMMITTED"
SERIALIZABLE = "SERIALIZABLE"
ISOLATIONS = [READ_COMMITTED, SERIALIZABLE]


def set_isolation(level: str) -> None:
    """For all later transactions of this thread's connection, until it is closed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {level}")


def race(*works: Callable[[], Any], isolation: str = READ_COMMITTED) -> list[Any]:
    """Begin all at once; return their results in order, refusals among them. Anything else that is raised is raised."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            set_isolation(isolation)
            barrier.wait(timeout=60)  # a busy machine takes its time for so many connections
            results[number] = work()
        except ImError as refusal:
            results[number] = refusal
        except BaseException as error:
            results[number] = _Defect(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for result in results:
        if isinstance(result, _Defect):
            raise result.error
    return results


class _Defect:
    def __init__(self, error: BaseException) -> None:
        self.error = error
