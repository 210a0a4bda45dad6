"""The secret of a connection, sealed for it alone: put in the place of another connection's it opens nothing."""

from uuid import UUID

from apps.common.sealed import seal, unseal


def sealed_secret(connection_id: UUID, secret: str) -> str:
    """Return what to store in a connection's `secret`; nothing for nothing."""
    return seal(_purpose(connection_id), secret.encode()) if secret else ""


def opened_secret(connection_id: UUID, stored: str) -> str:
    """Return the secret from what a connection has stored; nothing from nothing. Raises Unavailable."""
    return unseal(_purpose(connection_id), stored).decode() if stored else ""


def _purpose(connection_id: UUID) -> str:
    return f"identity connection {connection_id.hex}"
