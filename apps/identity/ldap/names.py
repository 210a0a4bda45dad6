"""Filters and distinguished names, built so that no value can become part of their structure. Pure.

RFC 4515 (filters) and RFC 4514 (names). Nobody else puts strings together for a directory.
"""

import re
import unicodedata
from typing import Final
from uuid import UUID

from ldap3.core.exceptions import LDAPInvalidDnError, LDAPInvalidFilterError
from ldap3.operation.search import parse_filter
from ldap3.utils.conv import escape_bytes, escape_filter_chars
from ldap3.utils.dn import parse_dn

DnKey = tuple[tuple[str, str], ...]
"""A distinguished name to be compared: parts from the entry up to the suffix, case folded and unescaped."""

_ESCAPED: Final = re.compile(rb"\\([0-9a-fA-F]{2}|.)", re.DOTALL)


def equals(attribute: str, value: str) -> str:
    """Return the filter for entries with this value. `attribute` is of the settings, `value` may be anybody's."""
    return f"({attribute}={escape_filter_chars(value)})"


def equals_id(attribute: str, value: str) -> str:
    """Return the filter for the entry with this lasting id, as `lasting_id` spelled it.

    Active Directory keeps it as 16 bytes, the first three groups little-endian.
    """
    if attribute.lower() == "objectguid":
        return f"({attribute}={escape_bytes(UUID(value).bytes_le)})"
    return equals(attribute, value)


def lasting_id(attribute: str, raw: bytes) -> str:
    """Return an entry's lasting id as text; "" if it isn't one."""
    if attribute.lower() == "objectguid":
        return str(UUID(bytes_le=raw)) if len(raw) == 16 else ""
    return raw.decode("utf-8", "replace").strip()


def both(*filters: str) -> str:
    """Return the filter for entries that all of these filters let through."""
    return f"(&{''.join(filters)})"


def is_filter(text: str) -> bool:
    """Tell whether a text is exactly one filter."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    try:
        parse_filter(text, None, False, False, None, False)
    except (LDAPInvalidFilterError, IndexError, AttributeError, ValueError):
        return False
    return True


def is_dn(text: str) -> bool:
    """Tell whether a text is a distinguished name with at least one part."""
    return bool(dn_key(text))


def dn_key(text: str) -> DnKey:
    """Return the name in the form in which two spellings of one name are equal; () for what is none."""
    try:
        parts = parse_dn(text, escape=False, strip=True)
    except (LDAPInvalidDnError, IndexError, ValueError):
        return ()
    return tuple((attribute.lower(), _folded(value)) for attribute, value, _separator in parts)


def _folded(value: str) -> str:
    raw = _ESCAPED.sub(_unescaped, value.encode())
    return unicodedata.normalize("NFKC", raw.decode("utf-8", "replace")).casefold().strip()


def _unescaped(found: re.Match[bytes]) -> bytes:
    escaped = found.group(1)
    return bytes.fromhex(escaped.decode()) if len(escaped) == 2 else escaped
