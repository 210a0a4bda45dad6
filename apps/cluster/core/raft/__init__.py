"""The replicated log: election, replication, membership, snapshots, reads and serving leases."""
