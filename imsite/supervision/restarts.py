"""When to start a dead process again, and when to give up: pure, the caller tells the time."""

from dataclasses import dataclass, field

QUICK_DEATH_S = 10.0
QUICK_DEATHS_MAX = 5
FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 5.0


@dataclass(slots=True)
class RestartBudget:
    """One process's history. A life shorter than 10 s is a quick death; five of them in a row are the end."""

    _quick_deaths: int = field(default=0, init=False)

    def delay_after_death(self, lifetime_s: float) -> float | None:
        """Seconds to wait before the next start, doubling up to 5; None when it should not be started again."""
        self._quick_deaths = self._quick_deaths + 1 if lifetime_s < QUICK_DEATH_S else 0
        if self._quick_deaths >= QUICK_DEATHS_MAX:
            return None
        if self._quick_deaths == 0:
            return 0.0
        return float(min(FIRST_DELAY_S * 2 ** (self._quick_deaths - 1), LONGEST_DELAY_S))
