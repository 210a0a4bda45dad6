"""What it takes to make people and departments here be as a directory has them: pure plans, no LDAP and no database."""
