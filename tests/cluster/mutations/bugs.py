"""The bugs. Each was made by somebody, somewhere, or is the obvious slip at this place."""

from tests.cluster.mutations.planting import Bug

BUGS: tuple[Bug, ...] = ()
