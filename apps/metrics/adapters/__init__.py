"""Each module tells a snapshot to one kind of monitoring system, by a library that knows its protocol."""
