"""A real cluster in network namespaces, and everything that can happen to it."""
