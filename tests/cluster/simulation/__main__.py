"""Run any number of seeds: `python -m tests.cluster.simulation --seeds 100000 --start 0 --processes 2`."""

import argparse
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.cluster.simulation.kernel import Violation
from tests.cluster.simulation.world import simulate

CHUNK = 50


def run_chunk(seeds: range) -> tuple[int, list[str]]:
    """Run some seeds; returns how many and what failed."""
    failures = []
    for seed in seeds:
        try:
            simulate(seed)
        except Violation as violation:
            failures.append(str(violation))
    return len(seeds), failures


def chunks(start: int, count: int) -> list[range]:
    return [range(first, min(first + CHUNK, start + count)) for first in range(start, start + count, CHUNK)]


def results(work: list[range], processes: int) -> Iterable[tuple[int, list[str]]]:
    if processes == 1:
        yield from map(run_chunk, work)
        return
    with ProcessPoolExecutor(processes) as pool:
        for future in as_completed([pool.submit(run_chunk, chunk) for chunk in work]):
            yield future.result()


def main() -> int:
    """Return 1 if a seed failed, after all have run."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="how many seeds to run")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--hash", action="store_true", help="print the hash of each run's trace, to compare replays")
    options = parser.parse_args()
    if options.hash:
        for seed in range(options.start, options.start + options.seeds):
            sys.stdout.write(f"{seed} {simulate(seed).hash:08x}\n")
        return 0
    began = time.monotonic()
    done = failed = 0
    for count, failures in results(chunks(options.start, options.seeds), options.processes):
        done, failed = done + count, failed + len(failures)
        for failure in failures:
            sys.stdout.write(f"{failure}\n\n")
        sys.stdout.flush()
    spent = time.monotonic() - began
    sys.stdout.write(f"{done} seeds, {failed} failed, {spent:.1f} s, {done / spent:.1f} a second\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
