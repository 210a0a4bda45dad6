"""Companies for trying things out: tenants with organisations, departments and people, made in bulk."""
