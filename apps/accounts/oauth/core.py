"""How requests reach the protocol's library: what a parameter is, who asks, and how she had signed in."""

from datetime import UTC, datetime
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone
from oauth2_provider.oauth2_backends import OAuthLibCore

ISSUER: Final = "imsite.issuer"
TENANT: Final = "imsite.tenant"
PERSON: Final = "imsite.person"
"""Where the library's requests carry what Django's knew. No header of a client can have such a name."""

ASKING: Final = "_im_asking"
"""The attribute of a request by which the authorization endpoint says which person asks."""

MAX_CLOCK: Final = datetime.max.replace(tzinfo=UTC).timestamp()


class Core(OAuthLibCore):  # type: ignore[misc]  # the base is untyped
    """Reads requests as RFC 6749 §3.1 wants it: a parameter without a value counts as left out.

    Otherwise an empty `code_challenge` would pass for one, and the code would be bound to nothing.
    """

    def _get_escaped_full_path(self, request: HttpRequest) -> str:
        path, mark, query = str(super()._get_escaped_full_path(request)).partition("?")
        return path + mark + "&".join(part for part in query.split("&") if part.partition("=")[2])

    def extract_headers(self, request: HttpRequest) -> dict[str, Any]:
        """Return the headers, and beside them the issuer that this request means, and who asks, of which tenant."""
        headers: dict[str, Any] = super().extract_headers(request)
        headers[ISSUER] = issuer_of(request)
        asking = getattr(request, ASKING, None)
        headers[TENANT] = None if asking is None else asking.tenant_id
        headers[PERSON] = None if asking is None else str(asking.pk)
        return headers

    def create_authorization_response(self, request: HttpRequest, scopes: Any, credentials: Any, allow: bool) -> Any:
        """Hand out a code that remembers when and how its user had signed in."""
        signed_in_at, amr = sign_in_facts(request)
        known = {**credentials, "signed_in_at": signed_in_at, "amr": amr}
        return super().create_authorization_response(request, scopes, known, allow)


def issuer_of(request: HttpRequest) -> str:
    """Return what names this server to programs (OpenID Connect Discovery §3): the origin that was asked.

    So each host name is an issuer of its own and stays the same one. Whether a request came over TLS, a proxy says.
    """
    return f"{request.scheme}://{request.get_host()}"


def sign_in_facts(request: HttpRequest) -> tuple[datetime, tuple[str, ...]]:
    """Return when the person behind a browser's session proved who she is, and by which means (RFC 8176)."""
    at, amr = request.session.get("signed_in_at"), request.session.get("amr")
    known = amr if isinstance(amr, list | tuple) else ()
    if isinstance(at, int | float) and 0 < at < MAX_CLOCK:
        return datetime.fromtimestamp(at, tz=UTC), tuple(str(each) for each in known)
    last: datetime | None = getattr(request.user, "last_login", None)
    return last or timezone.now(), tuple(str(each) for each in known)
