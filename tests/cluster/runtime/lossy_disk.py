"""A disk that forgets what was not forced down, and can be switched off between any two steps."""

import random
from pathlib import Path

from apps.cluster.runtime.disk import Disk

HOLES = 0.3
"""How often a write that was under way has a hole instead of an end."""


class PowerCut(BaseException):
    """The machine went dark here."""


class File:
    """What a file holds, and how much of it certainly stays."""

    def __init__(self, safe: bytes = b"") -> None:
        self.safe = safe
        self.now = safe

    def after_power_cut(self, rng: random.Random) -> bytes:
        """Some of what was not forced is there, or only its length, or garbage where it was."""
        if self.now[: len(self.safe)] != self.safe:
            return rng.choice([self.safe, self.now])
        loose = self.now[len(self.safe) :]
        if rng.random() < HOLES:  # Parts of one write may get there in any order.
            first, last = sorted(rng.randint(0, len(loose)) for _ in range(2))
            return self.safe + loose[:first] + bytes(last - first) + loose[last:]
        kept = loose[: rng.randint(0, len(loose))]
        blank = bytes(rng.randint(0, len(loose) - len(kept)))
        return self.safe + kept + blank


class LossyDisk(Disk):
    """Names and contents in memory. `fail_at` counts steps; at that one the power goes, or `error` is raised."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = {name: File(data) for name, data in (files or {}).items()}
        self.names_safe = dict(self.files)
        self.names_then: list[dict[str, File]] = []
        self.steps = 0
        self.fail_at: int | None = None
        self.error: BaseException = PowerCut()

    def after_power_cut(self, rng: random.Random) -> "LossyDisk":
        """The disk as the next start finds it."""
        names = rng.choice([self.names_safe, *self.names_then, self.files])
        return LossyDisk({name: file.after_power_cut(rng) for name, file in names.items()})

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.fail_at:
            raise self.error

    def make_folder(self, folder: Path) -> None:
        assert folder.name

    def names(self, folder: Path) -> list[str]:
        return sorted(self.files)

    def read(self, path: Path) -> bytes:
        if path.name not in self.files:
            raise FileNotFoundError(2, "No such file or directory")
        return self.files[path.name].now

    def append(self, path: Path, data: bytes, *, at: int) -> None:
        if path.name not in self.files:
            self._renamed({**self.files, path.name: File()})
        file = self.files[path.name]
        self.step()
        file.now = file.now[:at] + data
        self.step()
        file.safe = file.now
        self.step()

    def cut(self, path: Path, size: int) -> None:
        file = self.files[path.name]
        file.now = file.now[:size]
        self.step()
        file.safe = file.now

    def rename(self, source: Path, target: Path) -> None:
        names = dict(self.files)
        names[target.name] = names.pop(source.name)
        self._renamed(names)
        self.step()

    def remove(self, path: Path) -> None:
        names = dict(self.files)
        names.pop(path.name, None)
        self._renamed(names)
        self.step()

    def sync_folder(self, folder: Path) -> None:
        self.step()
        self.names_safe, self.names_then = dict(self.files), []
        self.step()

    def _renamed(self, names: dict[str, File]) -> None:
        self.names_then.append(self.files)
        self.files = names
