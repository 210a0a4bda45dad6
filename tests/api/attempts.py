"""What somebody of another company tries against the things of administrators, route by route."""

from dataclasses import dataclass
from typing import Any

NOT_PERMITTED = (403, "not_permitted")


@dataclass(frozen=True)
class Attempt:
    """What Eve, of another company, tries against Alice's things, and what she must be told."""

    refusal: tuple[int, str] | None
    body: dict[str, Any] | None = None


GRANT = {"user": "{user}", "role": "auditor", "scope": "{scope}"}
NO_GRANT = (404, "grant_not_found")

POWERS: dict[tuple[str, str], Attempt] = {
    ("GET", "/api/v1/me/powers"): Attempt(None),
    ("GET", "/api/v1/units"): Attempt(None),
    ("GET", "/api/v1/roles"): Attempt(NOT_PERMITTED),
    ("POST", "/api/v1/roles"): Attempt(NOT_PERMITTED, {"key": "x", "name": "X", "units": ["audit.entries.view"]}),
    ("PATCH", "/api/v1/roles/{role}"): Attempt(NOT_PERMITTED, {"name": "X"}),
    ("DELETE", "/api/v1/roles/{role}"): Attempt(NOT_PERMITTED),
    ("GET", "/api/v1/grants"): Attempt(None),
    ("POST", "/api/v1/grants"): Attempt(NOT_PERMITTED, GRANT),
    ("POST", "/api/v1/grants/bulk"): Attempt(NOT_PERMITTED, {"items": [GRANT]}),
    ("GET", "/api/v1/grants/{grant}"): Attempt(NO_GRANT),
    ("DELETE", "/api/v1/grants/{grant}"): Attempt(NO_GRANT),
    ("GET", "/api/v1/audit"): Attempt(None),
}

BOTS = "/api/v1/service-accounts"
NO_BOT = (404, "service_account_not_found")

SERVICE_ACCOUNTS: dict[tuple[str, str], Attempt] = {
    ("GET", BOTS): Attempt(None),
    ("POST", BOTS): Attempt(NOT_PERMITTED, {"username": "x", "display_name": "X", "owner": "{user}"}),
    ("GET", f"{BOTS}/{{account}}"): Attempt(NO_BOT),
    ("PATCH", f"{BOTS}/{{account}}"): Attempt(NO_BOT, {"display_name": "X"}),
    ("PUT", f"{BOTS}/{{account}}/status"): Attempt(NO_BOT, {"is_active": False}),
    ("POST", f"{BOTS}/{{account}}/secret"): Attempt(NO_BOT),
}

NO_TERMINAL = (404, "terminal_not_found")

TERMINALS: dict[tuple[str, str], Attempt] = {
    ("GET", "/api/v1/me/security"): Attempt(None),
    ("GET", "/api/v1/me/terminals"): Attempt(None),
    ("POST", "/api/v1/me/terminals/revoke-others"): Attempt(None),
    ("PATCH", "/api/v1/me/terminals/{terminal}"): Attempt(NO_TERMINAL, {"label": "X"}),
    ("DELETE", "/api/v1/me/terminals/{terminal}"): Attempt(NO_TERMINAL),
}

TICKETS: dict[tuple[str, str], Attempt] = {
    ("POST", "/api/v1/tickets"): Attempt((400, "invalid_input"), {"audience": "imsite", "scopes": ["t:{tenant}"]}),
    ("POST", "/api/v1/tickets/spend"): Attempt((403, "insufficient_scope"), {"ticket": "a.b.c"}),
}

ONE_APPLICATION = "/api/v1/applications/{application}"
NO_APPLICATION = (404, "application_not_found")
NEW_APPLICATION = {"kind": "service", "name": "X", "scopes": ["openid"], "tenant": "{tenant}"}

APPLICATIONS: dict[tuple[str, str], Attempt] = {
    ("GET", "/api/v1/applications"): Attempt(None),
    ("POST", "/api/v1/applications"): Attempt(NOT_PERMITTED, NEW_APPLICATION),
    ("GET", ONE_APPLICATION): Attempt(NO_APPLICATION),
    ("PATCH", ONE_APPLICATION): Attempt(NO_APPLICATION, {"name": "X"}),
    ("DELETE", ONE_APPLICATION): Attempt(NO_APPLICATION),
    ("POST", f"{ONE_APPLICATION}/secret"): Attempt(NO_APPLICATION),
}

COMPANY = "/api/v1/organisations/{organisation}"
TREE = "/api/v1/departments"
PERSON = "/api/v1/people/{user}"
NO_COMPANY = (404, "organisation_not_found")
NO_DEPARTMENT = (404, "department_not_found")
NO_PERSON = (404, "user_not_found")
NO_PLACE = (404, "placement_not_found")
NO_AGREEMENT = (404, "agreement_not_found")
NO_TENANT = (404, "tenant_not_found")
NO_IMPORT = (404, "import_not_found")

DIRECTORY: dict[tuple[str, str], Attempt] = {
    ("GET", "/api/v1/organisations"): Attempt(None),
    ("POST", "/api/v1/organisations"): Attempt(NOT_PERMITTED, {"name": "X", "tenant": "{tenant}"}),
    ("GET", COMPANY): Attempt(NO_COMPANY),
    ("PATCH", COMPANY): Attempt(NO_COMPANY, {"name": "X"}),
    ("PUT", f"{COMPANY}/status"): Attempt(NO_COMPANY, {"is_active": False}),
    ("GET", f"{COMPANY}/agreements"): Attempt(NO_COMPANY),
    ("POST", f"{COMPANY}/agreements"): Attempt(NO_COMPANY, {"taker": "{partner}"}),
    ("GET", f"{COMPANY}/imports"): Attempt(NO_COMPANY),
    ("POST", f"{COMPANY}/imports"): Attempt((400, "invalid_input")),
    ("GET", f"{COMPANY}/export"): Attempt((400, "invalid_input")),
    ("PUT", "/api/v1/agreements/{agreement}"): Attempt(NO_AGREEMENT, {"may_see": True, "may_write": True}),
    ("DELETE", "/api/v1/agreements/{agreement}"): Attempt(NO_AGREEMENT),
    ("GET", TREE): Attempt(None),
    ("POST", TREE): Attempt(NO_DEPARTMENT, {"parent": "{root}", "name": "X"}),
    ("POST", f"{TREE}/bulk"): Attempt(NO_DEPARTMENT, {"items": [{"parent": "{root}", "name": "X"}]}),
    ("GET", f"{TREE}/{{department}}"): Attempt(NO_DEPARTMENT),
    ("PATCH", f"{TREE}/{{department}}"): Attempt(NO_DEPARTMENT, {"name": "X"}),
    ("DELETE", f"{TREE}/{{department}}"): Attempt(NO_DEPARTMENT),
    ("GET", f"{TREE}/{{department}}/children"): Attempt(NO_DEPARTMENT),
    ("GET", f"{TREE}/{{department}}/placements"): Attempt(NO_DEPARTMENT),
    ("POST", f"{TREE}/{{department}}/move"): Attempt(NO_DEPARTMENT, {"parent": "{root}"}),
    ("GET", "/api/v1/people"): Attempt(None),
    ("POST", "/api/v1/people"): Attempt(NO_DEPARTMENT, {"username": "x", "department": "{department}"}),
    ("POST", "/api/v1/people/bulk"): Attempt(
        NO_DEPARTMENT, {"items": [{"username": "x", "department": "{department}"}]}
    ),
    ("GET", PERSON): Attempt(NO_PERSON),
    ("PATCH", PERSON): Attempt(NO_PERSON, {"display_name": "X"}),
    ("PUT", f"{PERSON}/status"): Attempt(NO_PERSON, {"is_active": False}),
    ("PUT", f"{PERSON}/password"): Attempt(NO_PERSON, {"password": "correct horse battery"}),
    ("POST", f"{PERSON}/placements"): Attempt(NO_PERSON, {"department": "{department}"}),
    ("POST", "/api/v1/placements/bulk"): Attempt(
        NO_PERSON, {"items": [{"user": "{user}", "department": "{department}"}]}
    ),
    ("GET", "/api/v1/placements/{placement}"): Attempt(NO_PLACE),
    ("PATCH", "/api/v1/placements/{placement}"): Attempt(NO_PLACE, {"title": "X"}),
    ("DELETE", "/api/v1/placements/{placement}"): Attempt(NO_PLACE),
    ("GET", "/api/v1/imports/{source}"): Attempt(NO_IMPORT),
    ("DELETE", "/api/v1/imports/{source}"): Attempt(NO_IMPORT),
    ("POST", "/api/v1/imports/{source}/apply"): Attempt(NO_IMPORT),
    ("GET", "/api/v1/tenants"): Attempt(None),
    ("POST", "/api/v1/tenants"): Attempt(NOT_PERMITTED, {"slug": "x", "name": "X"}),
    ("GET", "/api/v1/tenants/{tenant}"): Attempt(NO_TENANT),
    ("PATCH", "/api/v1/tenants/{tenant}"): Attempt(NO_TENANT, {"name": "X"}),
    ("PUT", "/api/v1/tenants/{tenant}/status"): Attempt(NO_TENANT, {"status": "deleting"}),
}
"""Lists in and out have tests of their own in `tests/orgs/api`: their bodies are no JSON."""
