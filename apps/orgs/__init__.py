"""Organisations of a tenant, their departments, who works where, and who may see whom."""
