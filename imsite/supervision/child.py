"""One `manage.py node` process below its supervisor.

The node's standard input is a pipe that only the supervisor holds: closing it, or dying in any way, tells the node
to finish. That works alike on every system and leaves no stray.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

from imsite.env import ROOT

# The node itself takes at most 25 s to finish its sessions and to hand over what it owned.
STOP_TIMEOUT_S = 30.0
HEALTH_TIMEOUT_S = 2.0


class NodeChild:
    """Start, ask, stop. `arguments` are passed on to `manage.py node`, `changed` differs in its environment."""

    def __init__(
        self, arguments: list[str], health_urls: Sequence[str], changed: Mapping[str, str] | None = None
    ) -> None:
        self._arguments = arguments
        self._health_urls = health_urls
        self._changed = dict(changed or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self.is_running() else None

    @property
    def lifetime_s(self) -> float:
        """Seconds since the last start."""
        return time.monotonic() - self._started_at

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs or before its start."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start the process; does not wait until it serves."""
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "node", "--until-stdin-closes", *self._arguments],
            env={**os.environ, **self._changed},
            stdin=subprocess.PIPE,
            # Ctrl-C in a terminal goes to the supervisor alone, which stops things in their order.
            start_new_session=sys.platform != "win32",
        )

    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def is_healthy(self) -> bool:
        """Whether all of it answers over HTTP."""
        return all(_answers(url) for url in self._health_urls)

    def ask_to_stop(self) -> None:
        """Let it finish its sessions; does not wait. Nothing happens when it was asked before, or does not run."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def stop(self) -> None:
        """Ask it to finish its sessions and wait; after 30 s it is killed."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=HEALTH_TIMEOUT_S) as answer:  # noqa: S310 - own URL
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
