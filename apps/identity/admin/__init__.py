"""Admin of connections to identity providers and directories, of what they do, and of linked accounts."""

from apps.identity.admin import borrowed as borrowed
from apps.identity.admin.connections import ConnectionAdmin as ConnectionAdmin
from apps.identity.admin.links import LinkAdmin as LinkAdmin
from apps.identity.admin.runs import DirectoryRunAdmin as DirectoryRunAdmin
from apps.identity.admin.tokens import ScimTokenAdmin as ScimTokenAdmin
