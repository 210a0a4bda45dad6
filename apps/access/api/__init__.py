"""REST: what one may do, roles, grants, and the audit log, which lies below this app."""
