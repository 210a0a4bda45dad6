"""What dies now and then is started again; what cannot live is given up."""

from imsite.supervision.restarts import LONGEST_DELAY_S, QUICK_DEATH_S, QUICK_DEATHS_MAX, RestartBudget


def test_after_a_long_life_it_starts_again_at_once() -> None:
    budget = RestartBudget()

    assert [budget.delay_after_death(QUICK_DEATH_S) for _ in range(20)] == [0.0] * 20


def test_quick_deaths_are_spaced_out_and_end() -> None:
    budget = RestartBudget()

    delays = [budget.delay_after_death(0.1) for _ in range(QUICK_DEATHS_MAX)]

    assert delays[-1] is None
    rising = [delay for delay in delays[:-1] if delay is not None]
    assert rising == sorted(rising)
    assert len(rising) == QUICK_DEATHS_MAX - 1
    assert 0 < rising[0] <= rising[-1] <= LONGEST_DELAY_S


def test_a_long_life_in_between_forgives() -> None:
    budget = RestartBudget()
    for _ in range(QUICK_DEATHS_MAX - 1):
        budget.delay_after_death(0.1)

    assert budget.delay_after_death(QUICK_DEATH_S) == 0.0
    assert budget.delay_after_death(0.1) is not None
