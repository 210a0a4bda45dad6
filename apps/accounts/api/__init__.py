"""The REST API of accounts, one module for each resource."""
