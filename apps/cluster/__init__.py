"""Nodes without middleware: gossip finds them, Raft decides, a channel layer routes by slot."""
