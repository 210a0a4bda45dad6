"""What the log decides: members, the slot table, job leases."""
