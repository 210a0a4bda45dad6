"""REST of the directory."""
