"""The two OAuth2 clients that come with imsite. Both are public: what ships to everyone can't keep a secret."""

from typing import Any, Final

from django.conf import settings
from oauth2_provider.models import AbstractApplication, get_application_model

WEB_CLIENT_ID: Final = "imsite-web"
PROGRAM_CLIENT_ID: Final = "imsite-cli"
BUILT_IN: Final = frozenset({WEB_CLIENT_ID, PROGRAM_CLIENT_ID})
CALLBACK_PATH: Final = "/chat/callback"


def ensure_applications() -> None:
    """Make the web client and the client for programs, or set them right. One query when nothing is to be done."""
    model = get_application_model()
    wanted = {WEB_CLIENT_ID: _web_client(), PROGRAM_CLIENT_ID: _program_client()}
    stored = {row.client_id: row for row in model.objects.filter(client_id__in=wanted)}
    for client_id, fields in wanted.items():
        row = stored.get(client_id)
        if row is None:
            model.objects.bulk_create([model(client_id=client_id, **fields)], ignore_conflicts=True)
        elif any(getattr(row, name) != value for name, value in fields.items()):
            model.objects.filter(pk=row.pk).update(**fields)


def _web_client() -> dict[str, Any]:
    origins = (f"http://{host}:{settings.IM_HTTP_PORT}" for host in ("127.0.0.1", "localhost"))
    return {
        "name": "imsite web",
        "client_type": AbstractApplication.CLIENT_PUBLIC,
        "authorization_grant_type": AbstractApplication.GRANT_AUTHORIZATION_CODE,
        "redirect_uris": " ".join(f"{origin}{CALLBACK_PATH}" for origin in origins),
        "skip_authorization": True,
        "hash_client_secret": False,
    }


def _program_client() -> dict[str, Any]:
    return {
        "name": "imsite programs",
        "client_type": AbstractApplication.CLIENT_PUBLIC,
        "authorization_grant_type": AbstractApplication.GRANT_PASSWORD,
        "redirect_uris": "",
        "skip_authorization": False,
        "hash_client_secret": False,
    }
