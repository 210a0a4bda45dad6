"""By how much the figures of this process grew while something was done."""

from apps.metrics import REGISTRY, Distribution, Family


class Measured:
    """Begins when it is made."""

    def __init__(self) -> None:
        self._before = _families()

    def grown(self, name: str, *labels: str) -> float:
        """How much more a counter has counted, or how many more values a histogram."""
        return _number(_families().get(name), labels) - _number(self._before.get(name), labels)


def _families() -> dict[str, Family]:
    return {family.name: family for family in REGISTRY.snapshot()}


def _number(family: Family | None, labels: tuple[str, ...]) -> float:
    value = family.samples.get(labels, 0) if family is not None else 0
    return value.count if isinstance(value, Distribution) else value
