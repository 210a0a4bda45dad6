"""How late something came: on average, at worst, and at worst lately."""

RECENT_MS = 60_000


class Lag:
    """Milliseconds. `lately` covers the last one to two minutes."""

    def __init__(self) -> None:
        self._count = 0
        self._total_ms = 0.0
        self._worst_ms = 0.0
        self._recent = (0.0, 0.0)
        self._turned_ms = 0

    def note(self, late_ms: float, now_ms: int) -> None:
        """Count one."""
        self._turn(now_ms)
        self._count += 1
        self._total_ms += late_ms
        self._worst_ms = max(self._worst_ms, late_ms)
        self._recent = (self._recent[0], max(self._recent[1], late_ms))

    def report(self, now_ms: int) -> dict[str, float]:
        """Return the figures."""
        self._turn(now_ms)
        return {
            "count": self._count,
            "average": round(self._total_ms / max(1, self._count), 3),
            "max": round(self._worst_ms, 3),
            "lately_max": round(max(self._recent), 3),
        }

    def _turn(self, now_ms: int) -> None:
        passed = now_ms - self._turned_ms
        if passed >= RECENT_MS:
            self._recent = (self._recent[1] if passed < 2 * RECENT_MS else 0.0, 0.0)
            self._turned_ms = now_ms
