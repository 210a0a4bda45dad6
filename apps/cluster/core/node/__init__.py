"""The control plane of one node: gossip, Raft, state and reconciler as one machine."""
