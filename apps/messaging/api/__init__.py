"""REST: conversations, their members, their events, and how far one has read."""
