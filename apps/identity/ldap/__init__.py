"""Speaking with a directory: LDAP and what its entries mean. Knows no database; settings come in, entries come out."""
