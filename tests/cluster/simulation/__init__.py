"""Whole nodes, control and data plane, in one thread with virtual time, links and disks."""
