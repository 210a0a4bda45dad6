"""Admin of connections to identity providers, and of linked accounts."""

from apps.identity.admin import borrowed as borrowed
from apps.identity.admin.connections import ConnectionAdmin as ConnectionAdmin
from apps.identity.admin.links import LinkAdmin as LinkAdmin
