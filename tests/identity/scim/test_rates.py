"""How fast one connection may ask."""

from apps.identity.scim.rates import BURST, MAX_KEYS, PER_S, Rates


def test_a_burst_is_free_and_then_it_goes_by_the_second() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])

    assert [rates.wait_s("a") for _request in range(int(BURST))] == [0] * int(BURST)
    assert rates.wait_s("a") == 1
    assert rates.wait_s("b") == 0
    now[0] += 1
    assert [rates.wait_s("a") for _request in range(int(PER_S))] == [0] * int(PER_S)
    assert rates.wait_s("a") == 1


def test_it_does_not_grow_without_bound() -> None:
    rates = Rates(lambda: 0.0)

    for key in range(MAX_KEYS + 5):
        rates.wait_s(key)

    assert len(rates._buckets) == MAX_KEYS
