"""The PostgreSQL that `manage.py up` and `manage.py test` bring along, for machines that have none.

The binaries come from a wheel; everything else (accounts, ports, passwords, restarts) is here. Not for large
installations: those set DATABASE_URL and look after their own server.
"""

from imsite.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres"]
