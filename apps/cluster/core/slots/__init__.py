"""CRC16 hash slots with tags, their table, and the planner of movements."""
