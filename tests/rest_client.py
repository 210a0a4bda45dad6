"""A REST client for tests: a user's access token, JSON in and out, problems checked for their form."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model, set_token_value

from apps.accounts.models import User

PROBLEM_KEYS = {"type", "title", "status", "detail", "code"}


def issue_token(user: User, *, scope: str = "im", lifetime: timedelta = timedelta(hours=1)) -> str:
    """Store an access token as the token endpoint would, without its password check."""
    token = secrets.token_urlsafe(24)
    row = get_access_token_model()(
        user=user,
        application=get_application_model().objects.get(client_id="imsite-cli"),
        expires=timezone.now() + lifetime,
        scope=scope,
    )
    set_token_value(row, token)
    row.save()
    return token


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The code of a problem; checks that it is a proper one."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        assert self.body.keys() >= PROBLEM_KEYS, self.body
        assert self.body["status"] == self.status
        return str(self.body["code"])


@dataclass
class RestClient:
    """Speaks for one user, or for nobody when there is no token."""

    token: str | None
    http: Client = field(default_factory=Client)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request; `body` may be bytes, sent as they are."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        response = self.http.generic(
            method,
            path,
            data,
            content_type=headers.pop("content_type", "application/json") if data else "",
            headers={**sent, **headers},
        )
        content = json.loads(response.content) if response.content else None
        return Answer(response.status_code, content, dict(response.headers))

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.request("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.request("DELETE", path, **headers)


def signed_in(user: User) -> RestClient:
    """Return a client with a token of this user."""
    return RestClient(issue_token(user))
