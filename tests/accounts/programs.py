"""Programs for tests: made known as an administrator would, and steps that a person and a program take."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from apps.accounts.errors import TokenInvalid
from apps.accounts.models import Registration, User
from apps.accounts.services.naming import make_findable
from apps.accounts.services.program_terms import Terms
from apps.accounts.services.registrations import change_application, register_application
from apps.accounts.services.tokens import user_for_token
from apps.audit.models import Entry
from apps.tenants.models import Tenant

CALLBACK = "https://app.example/cb"
AFTERWARDS = "https://app.example/bye"
SCOPES = ("openid", "profile", "email", "im", "orgs.people.view")
VERIFIER = "a-verifier-that-is-long-enough-to-be-accepted-by-rfc-7636"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Program:
    """A program that a tenant knows."""

    registration: Registration
    secret: str = ""
    callback: str = CALLBACK

    @property
    def application(self) -> Any:
        return self.registration.application

    @property
    def client_id(self) -> str:
        return str(self.application.client_id)

    @property
    def credentials(self) -> dict[str, str]:
        return {"client_id": self.client_id, **({"client_secret": self.secret} if self.secret else {})}


def make_superuser(tenant: Tenant, name: str = "boss") -> User:
    """Whoever makes programs known."""
    user = User(tenant=tenant, username=name, login=f"{name}@{tenant.slug}", display_name=name, is_superuser=True)
    make_findable(user)
    user.save(force_insert=True)
    return user


def make_service_account(tenant: Tenant, name: str = "robot") -> User:
    user = User(tenant=tenant, username=name, login=f"{name}@{tenant.slug}", display_name=name, kind=User.Kind.SERVICE)
    make_findable(user)
    user.save(force_insert=True)
    return user


def make_program(tenant: Tenant, kind: str = "site", *, account: User | None = None, **said: Any) -> Program:
    """Make one known to the tenant."""
    terms: dict[str, Any] = {
        "name": "Rota",
        "scopes": SCOPES,
        "redirect_uris": (CALLBACK,),
        "post_logout_redirect_uris": (AFTERWARDS,),
        **said,
    }
    boss = make_superuser(tenant, f"boss-{uuid4().hex[:8]}")
    made = register_application(
        boss, tenant_id=tenant.pk, kind=kind, terms=Terms(**terms), service_account=account, now=timezone.now()
    )
    return Program(made.registration, made.secret, terms["redirect_uris"][0])


@dataclass
class Flow:
    """A browser with a person, and the program she uses."""

    program: Program
    browser: Client = field(default_factory=Client)

    def ask(self, **fields: str) -> Any:
        """Lead her to the authorization endpoint."""
        query = {
            "response_type": "code",
            "client_id": self.program.client_id,
            "redirect_uri": self.program.callback,
            "scope": "openid",
            "state": "xyz",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **fields,
        }
        return self.browser.get("/oauth/authorize/", {name: value for name, value in query.items() if value})

    def answer(self, page: Any, *, allow: bool = True, secure: bool = False, **fields: str) -> Any:
        """Decide on the page that asks her."""
        form = {name: value for name, value in page.context["form"].initial.items() if value is not None}
        given = {**form, **fields, **({"allow": "1"} if allow else {})}
        return self.browser.post(page.wsgi_request.get_full_path(), given, secure=secure)

    def code(self, **fields: str) -> str:
        """Return the code that she leads back with, having allowed it."""
        page = self.ask(**fields)
        led = page if page.status_code == 302 else self.answer(page)
        return str(said(led)["code"])

    def exchange(self, code: str, **fields: str) -> tuple[int, dict[str, Any]]:
        """Let the program exchange a code."""
        return post_token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.program.callback,
                "code_verifier": VERIFIER,
                **self.program.credentials,
                **fields,
            }
        )

    def tokens(self, **fields: str) -> dict[str, Any]:
        """All of it."""
        status, tokens = self.exchange(self.code(**fields))
        assert status == 200, tokens
        return tokens

    def refresh(self, token: str) -> tuple[int, dict[str, Any]]:
        """Let the program get a fresh pair."""
        return post_token({"grant_type": "refresh_token", "refresh_token": token, **self.program.credentials})


def flow_of(user: User, program: Program) -> Flow:
    """The browser of somebody who is signed in."""
    flow = Flow(program)
    flow.browser.force_login(user)
    return flow


def post_token(fields: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    response = Client().post("/oauth/token/", {name: value for name, value in fields.items() if value})
    return response.status_code, json.loads(response.content)


def said(response: Any) -> dict[str, str]:
    """What the program is told in the address that it is led back by."""
    assert response.status_code == 302, response.content
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def is_dead(token: str) -> bool:
    try:
        user_for_token(token)
    except TokenInvalid:
        return True
    return False


def told(user: User, action: str = "accounts.token.reused") -> list[dict[str, Any]]:
    """What the log says about a person."""
    entries = Entry.objects.for_tenant(user.tenant_id).filter(action=action, target_id=str(user.pk))
    return [entry.after for entry in entries.order_by("number")]


def narrow(program: Program, *scopes: str) -> None:
    """Let an administrator take the program's other scopes away."""
    row = program.registration
    row.refresh_from_db()
    change_application(
        make_superuser(row.tenant),
        registration_id=row.pk,
        version=row.version,
        terms=lambda terms: replace(terms, scopes=scopes),
        now=timezone.now(),
    )
