"""Admin of connections to identity providers, and of linked accounts."""

from apps.identity.admin import borrowed as borrowed
