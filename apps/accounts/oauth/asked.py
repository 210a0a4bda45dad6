"""What an authorization request may ask here. What is not offered is refused and not overlooked: whoever asks for it,
relies on it (OpenID Connect Core §3.1.2.6, RFC 8707 §2, RFC 9700 §2.1.1).
"""

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core.exceptions import RequestNotSupported, RequestURINotSupported

from apps.accounts.oauth.core import ISSUER

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9\-_]{43}")
"""A SHA-256 digest in base64url (RFC 7636 §4.2)."""


def refuse_what_is_not_offered(request: Any) -> None:
    """Raises an OAuth2Error for what a program asks in vain. Its address has been checked before."""
    asked = dict(request.uri_query_params)
    if "request" in asked:
        raise RequestNotSupported(request=request)
    if "request_uri" in asked:
        raise RequestURINotSupported(request=request)
    if asked.get("response_mode", "query") != "query":
        raise errors.InvalidRequestError(description="response_mode has to be query.", request=request)
    _check_challenge(request)
    refuse_foreign(request, (value for name, value in request.uri_query_params if name == "resource"))


def refuse_foreign(request: Any, resources: Iterable[str]) -> None:
    """Raises an OAuth2Error for tokens that somebody else's server shall take: ours are for this one."""
    for resource in resources:
        parts = urlsplit(resource)
        if f"{parts.scheme}://{parts.netloc}" != request.headers[ISSUER]:
            raise errors.CustomOAuth2Error(
                error="invalid_target",
                description="resource has to be an address of this server.",
                request=request,
                state=request.state,
            )


def _check_challenge(request: Any) -> None:
    """A challenge has to be there, and be S256 (RFC 7636 §4.2): whoever reads a plain one could use the code, too."""
    if request.code_challenge is None:
        return  # the library says what is missing
    if request.code_challenge_method != "S256":
        raise errors.InvalidRequestError(description="code_challenge_method has to be S256.", request=request)
    if _CHALLENGE.fullmatch(request.code_challenge) is None:
        raise errors.InvalidRequestError(description="code_challenge has to be a digest in base64url.", request=request)
