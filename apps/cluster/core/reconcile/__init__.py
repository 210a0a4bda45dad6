"""What the leader proposes, from the decided state and from evidence."""
