"""SCIM 2.0 as it is spoken: resources, what this server says of itself, how fast it may be asked. No database."""
