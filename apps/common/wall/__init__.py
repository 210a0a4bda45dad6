"""The second wall between tenants: database connections that row-level security binds to the tenant of a request.

The first wall is in the code: every query names its tenant. This one holds where a query forgets to. Django's database
engine of this installation (`base`) tells the database for whom it asks (`binding`); which rows a tenant may see there
is what `apps.tenants.wall` tells it. It is no wall against SQL that someone smuggles in.
"""
