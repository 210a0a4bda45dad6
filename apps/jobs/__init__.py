"""What the installation does by itself, on time: registered by apps, run by one node, fenced by the database."""
