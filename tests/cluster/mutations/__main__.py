"""Plant a bug in this process and run a check: `python -m tests.cluster.mutations NAME [CHECK]`; no name: list all."""

import sys

from tests.cluster.mutations.bugs import BUGS
from tests.cluster.mutations.planting import plant

FOUND, SURVIVED = 0, 3


def main(arguments: list[str]) -> int:
    by_name = {bug.name: bug for bug in BUGS}
    if not arguments:
        sys.stdout.writelines(f"{bug.name:32} {bug.check}\n" for bug in BUGS)
        return 0
    bug = by_name[arguments[0]]
    plant(bug)
    from tests.cluster.mutations.checks import finds

    finding = finds(arguments[1] if len(arguments) > 1 else bug.check, bug.raises)
    sys.stdout.write(f"{bug.name}: {finding or 'SURVIVED'}\n")
    return FOUND if finding else SURVIVED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
