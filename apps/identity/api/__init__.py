"""How programs speak with this app: SCIM 2.0."""
