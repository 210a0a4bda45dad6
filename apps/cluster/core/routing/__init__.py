"""The data plane of one node: who is interested in a group, and where a message goes."""
