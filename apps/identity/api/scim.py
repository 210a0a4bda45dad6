"""SCIM 2.0 (RFC 7644) below `/scim/<connection>/v2/`: parse, one call of a service, answer.

Not by the helpers of the REST API: requests, answers and errors have forms of their own here. A token opens one
connection of one tenant, and nothing says whether there is one that it doesn't open.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    Group,
    InvalidSyntaxException,
    NotFoundException,
    PayloadTooLargeException,
    PreconditionFailedException,
    SCIMException,
    UnauthorizedException,
)

from apps.common.wall.binding import bind
from apps.identity.models import Connection
from apps.identity.scim import resources as scim
from apps.identity.scim.rates import Rates
from apps.identity.services.scim import groups, people
from apps.identity.services.scim.tokens import connection_of

logger = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/scim+json"
_LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
rates: Final = Rates()


@method_decorator(csrf_exempt, name="dispatch")
class ScimView(View):
    """What all endpoints share: who asks, how often, and how refusals are told."""

    connection: Connection
    now: datetime

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Authenticate, count, answer; anything refused becomes a SCIM error (RFC 7644 §3.12)."""
        self.now = timezone.now()
        try:
            self.connection = _authenticated(request, kwargs.pop("connection"), self.now)
            wait_s = rates.wait_s(self.connection.pk)
            if wait_s:
                busy = _error(Error(status=429, detail="too many requests"))
                busy["Retry-After"] = str(wait_s)
                return busy
            return cast(HttpResponse, super().dispatch(request, *args, **kwargs))
        except SCIMException as error:
            return _error(error.to_error())
        except ValidationError as error:
            return _error(Error.from_validation_errors(error)[0])

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say it as SCIM does."""
        return _error(Error(status=405, detail=f"{request.method} is not allowed here"))

    def answered(self, resource: Any, *, kind: str, status: int = 200) -> HttpResponse:
        """Return a resource with its address and entity tag; 304 where the client has this very one."""
        etag = scim.etag_of(resource)
        if status == 200 and self.request.method == "GET" and self.request.headers.get("If-None-Match") == etag:
            return HttpResponse(status=304, headers={"ETag": etag})
        search = scim.search_of(Group if kind == "Groups" else scim.Person, self.request.GET.dict())
        body = self.located(resource, kind, search)
        answer = _json(body, status=status)
        answer["ETag"] = etag
        answer["Location"] = body["meta"]["location"]
        return answer

    def located(self, resource: Any, kind: str, search: Any) -> dict[str, Any]:
        """Return a resource as an answer has it, with its own address."""
        body = scim.written(resource, search)
        address = self.request.build_absolute_uri(f"/scim/{self.connection.pk}/v2/{kind}/{resource.id}")
        body["meta"] = {**body.get("meta", {}), "location": address, "version": scim.etag_of(resource)}
        return body

    def listed(
        self, kind: str, model: Any, find: Callable[..., tuple[int, list[Any]]], query: dict[str, str] | None = None
    ) -> HttpResponse:
        """Return a page of resources: what the address asks for, or `query`."""
        search = scim.search_of(model, self.request.GET.dict() if query is None else query)
        total, found = find(self.connection, search)
        return _json(
            {
                "schemas": [_LIST],
                "totalResults": total,
                "itemsPerPage": len(found),
                "startIndex": max(1, search.start_index or 1),
                "Resources": [self.located(each, kind, search) for each in found],
            }
        )

    def matched(self, resource: Any) -> None:
        """Raise PreconditionFailedException if somebody changed the resource since the client read it."""
        wanted = self.request.headers.get("If-Match")
        if wanted not in (None, "*", scim.etag_of(resource)):
            raise PreconditionFailedException(detail="the resource was changed in the meantime")


class UsersView(ScimView):
    """The users of a connection."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Search (RFC 7644 §3.4.2)."""
        return self.listed("Users", scim.Person, people.find_people)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make one (§3.3)."""
        resource = scim.read_person(_body(request), Context.RESOURCE_CREATION_REQUEST)
        row = people.make_person(self.connection, resource, now=self.now)
        return self.answered(people.as_resource(row), kind="Users", status=201)


class UserView(ScimView):
    """One user."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Read (§3.4.1)."""
        return self.answered(people.as_resource(people.get_person(self.connection, key)), kind="Users")

    def put(self, request: HttpRequest, key: str) -> HttpResponse:
        """Replace (§3.5.1)."""
        row = people.get_person(self.connection, key)
        current = people.as_resource(row)
        self.matched(current)
        resource = scim.read_person(_body(request), Context.RESOURCE_REPLACEMENT_REQUEST)
        resource.replace(current)
        return self._stored(row, resource)

    def patch(self, request: HttpRequest, key: str) -> HttpResponse:
        """Change parts (§3.5.2)."""
        row = people.get_person(self.connection, key)
        current = people.as_resource(row)
        self.matched(current)
        return self._stored(row, scim.patched(current, _body(request)))

    def delete(self, request: HttpRequest, key: str) -> HttpResponse:
        """Delete (§3.6): here, deactivate."""
        row = people.get_person(self.connection, key)
        self.matched(people.as_resource(row))
        people.delete_person(self.connection, row, now=self.now)
        return HttpResponse(status=204)

    def _stored(self, row: Any, resource: Any) -> HttpResponse:
        row = people.store_person(self.connection, row, resource, now=self.now)
        return self.answered(people.as_resource(row), kind="Users")


class GroupsView(ScimView):
    """The groups of a connection."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Search."""
        return self.listed("Groups", Group, groups.find_groups)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make one."""
        resource = scim.read_group(_body(request), Context.RESOURCE_CREATION_REQUEST)
        link = groups.make_group(self.connection, resource, now=self.now)
        return self.answered(groups.as_resources(self.connection, [link])[0], kind="Groups", status=201)


class GroupView(ScimView):
    """One group."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Read."""
        return self.answered(self._current(key)[1], kind="Groups")

    def put(self, request: HttpRequest, key: str) -> HttpResponse:
        """Replace."""
        link, current = self._current(key)
        self.matched(current)
        resource = scim.read_group(_body(request), Context.RESOURCE_REPLACEMENT_REQUEST)
        resource.replace(current)
        return self._stored(link, resource)

    def patch(self, request: HttpRequest, key: str) -> HttpResponse:
        """Change parts."""
        link, current = self._current(key)
        self.matched(current)
        return self._stored(link, scim.patched(current, _body(request)))

    def delete(self, request: HttpRequest, key: str) -> HttpResponse:
        """Delete."""
        link, current = self._current(key)
        self.matched(current)
        groups.delete_group(self.connection, link, now=self.now)
        return HttpResponse(status=204)

    def _current(self, key: str) -> tuple[Any, Any]:
        link = groups.get_group(self.connection, key)
        return link, groups.as_resources(self.connection, [link])[0]

    def _stored(self, link: Any, resource: Any) -> HttpResponse:
        link = groups.store_group(self.connection, link, resource, now=self.now)
        return self.answered(groups.as_resources(self.connection, [link])[0], kind="Groups")


class DiscoveryView(ScimView):
    """What this server can do and has (§4)."""

    def get(self, request: HttpRequest, what: str, key: str = "") -> HttpResponse:
        """Return the configuration, all schemas or resource types, or one of them."""
        if what == "ServiceProviderConfig":
            return _json(self._addressed(scim.service_config(), what))
        known = scim.SCHEMAS if what == "Schemas" else scim.RESOURCE_TYPES
        if key:
            if key not in known:
                raise NotFoundException(detail=f"there is no {key[:200]}")
            return _json(self._addressed(known[key], f"{what}/{key}"))
        found = [self._addressed(each, f"{what}/{name}") for name, each in known.items()]
        return _json(
            {
                "schemas": [_LIST],
                "totalResults": len(found),
                "itemsPerPage": len(found),
                "startIndex": 1,
                "Resources": found,
            }
        )

    def _addressed(self, resource: Any, path: str) -> dict[str, Any]:
        body = scim.written(resource)
        address = self.request.build_absolute_uri(f"/scim/{self.connection.pk}/v2/{path}")
        kind = {"ServiceProviderConfig": "ServiceProviderConfig", "Schemas": "Schema"}.get(path.partition("/")[0])
        body["meta"] = {"resourceType": kind or "ResourceType", "location": address}
        return body


class SearchView(ScimView):
    """Searching by a body instead of an address that would be too long or too telling (§3.4.3)."""

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Search the users or the groups."""
        asked = _body(request)
        lists = {
            name: ",".join(str(each) for each in asked[name])
            for name in ("attributes", "excludedAttributes")
            if isinstance(asked.get(name), list)
        }
        query = {name: str(asked[name]) for name in ("filter", "startIndex", "count") if name in asked} | lists
        if kind == "Users":
            return self.listed("Users", scim.Person, people.find_people, query)
        return self.listed("Groups", Group, groups.find_groups, query)


@method_decorator(csrf_exempt, name="dispatch")
class NothingView(ScimView):
    """Every other address."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say that there is nothing, to those with a token."""
        self.http_method_names = []
        return super().dispatch(request, *args, **kwargs)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say it as SCIM does."""
        return _error(Error(status=404, detail="there is nothing here"))


def _authenticated(request: HttpRequest, connection_id: UUID, now: datetime) -> Connection:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and 0 < len(token) <= 200:
        found = connection_of(token.strip(), connection_id=connection_id, now=now)
    if found is None:
        raise UnauthorizedException(detail="the token does not open this connection")
    bind(found.tenant_id)
    return found


def _body(request: HttpRequest) -> dict[str, Any]:
    length = request.headers.get("Content-Length", "0")
    if not length.isdigit() or int(length) > scim.MAX_BODY_BYTES:
        raise PayloadTooLargeException(detail=f"at most {scim.MAX_BODY_BYTES} bytes")
    try:
        if len(request.body) > scim.MAX_BODY_BYTES:
            raise PayloadTooLargeException(detail=f"at most {scim.MAX_BODY_BYTES} bytes")
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidSyntaxException(detail="the body is not JSON") from error
    if not isinstance(body, dict):
        raise InvalidSyntaxException(detail="the body is not an object")
    return body


def _error(error: Error) -> HttpResponse:
    status = error.status or 400
    answer = _json(error.model_dump(), status=status)
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="SCIM"'
    return answer


def _json(body: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)
