"""Who may do what where: scopes, permission units, roles and grants. Knows no app above it: they register theirs."""
