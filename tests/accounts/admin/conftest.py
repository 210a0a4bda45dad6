"""The fixtures of the admin's own tests."""

from tests.admin.conftest import admin_pages, grant, helper, helper_pages, open_doors, root

__all__ = ["admin_pages", "grant", "helper", "helper_pages", "open_doors", "root"]
