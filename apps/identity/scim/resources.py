"""The resources that this server has (RFC 7643), read tolerantly and written strictly.

Attributes that nobody here knows are dropped, not refused: providers send what their own schema has. What Entra ID
does beyond the RFC, a removal by value and a filter that makes its entry, is understood.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    EnterpriseUser,
    ETag,
    Filter,
    Group,
    InvalidFilterException,
    Patch,
    PatchOp,
    ResourceType,
    Schema,
    ScimPolicy,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    User,
)

Person = User[EnterpriseUser]
MAX_RESULTS: Final = 200
"""Resources in one answer; who asks for more gets so many."""
MAX_FILTER_CHARS: Final = 500
"""Of a filter; a longer one is refused. Real ones name one or two attributes."""
MAX_BODY_BYTES: Final = 1_000_000
"""Of one request: about ten thousand members of a group. A longer one is refused."""
POLICY: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
RESOURCE_TYPES: Final = {
    "User": ResourceType.from_resource(Person),
    "Group": ResourceType.from_resource(Group),
}
SCHEMAS: Final[Mapping[str, Schema]] = {
    str(schema.id): schema for schema in (User.to_schema(), EnterpriseUser.to_schema(), Group.to_schema())
}
NEVER_KEPT: Final = ("id", "meta", "groups", "password", "active", "userName", "externalId", "schemas")
"""What is not kept as the client sent it: ours, another resource's, secret, or in a column of its own."""


def service_config() -> ServiceProviderConfig:
    """Return what this server can do (RFC 7643 §5)."""
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MAX_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token of this connection, made by an administrator of the tenant.",
                primary=True,
            )
        ],
    )


def read_person(body: Mapping[str, Any], context: Context) -> User[EnterpriseUser]:
    """Return the person that a body describes. Raises ValidationError."""
    return Person.model_validate(dict(body), scim_ctx=context, scim_policy=POLICY)


def read_group(body: Mapping[str, Any], context: Context) -> Group:
    """Return the group that a body describes. Raises ValidationError."""
    return Group.model_validate(dict(body), scim_ctx=context, scim_policy=POLICY)


def patched(resource: Any, body: Mapping[str, Any]) -> Any:
    """Return the resource with the changes of a PatchOp (RFC 7644 §3.5.2). Raises ValidationError or SCIMException."""
    kind = Person if isinstance(resource, User) else Group
    operation = PatchOp[kind].model_validate(  # type: ignore[valid-type]  # the class depends on the resource
        dict(body), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
    )
    changed = resource.model_copy(deep=True)
    operation.patch(changed, scim_policy=POLICY)
    return changed


def kept(resource: Any) -> dict[str, Any]:
    """Return what is kept of a person as her client sent it."""
    plain: dict[str, Any] = resource.model_dump()
    return {name: value for name, value in plain.items() if name not in NEVER_KEPT and value is not None}


def etag_of(resource: Any) -> str:
    """Return the weak entity tag of a resource: of what it says, whoever changed it (RFC 7644 §3.14)."""
    plain = resource.model_dump()
    plain.pop("meta", None)
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()
    return f'W/"{digest[:32]}"'


def search_of(kind: type[Any], query: Mapping[str, str]) -> SearchRequest[Any]:
    """Return what a query string asks for (RFC 7644 §3.4.2). Raises ValidationError or SCIMException."""
    if len(query.get("filter", "")) > MAX_FILTER_CHARS:
        raise InvalidFilterException(detail=f"a filter has at most {MAX_FILTER_CHARS} characters")
    given = {name: query[name] for name in ("filter", "startIndex", "count") if query.get(name)}
    lists = {name: query[name].split(",") for name in ("attributes", "excludedAttributes") if query.get(name)}
    return SearchRequest[kind].model_validate(  # type: ignore[valid-type]  # the class depends on the endpoint
        {**given, **lists}, scim_ctx=Context.SEARCH_REQUEST, scim_policy=POLICY
    )


def written(resource: Any, search: "SearchRequest[Any] | None" = None) -> dict[str, Any]:
    """Return the resource as an answer has it, with the attributes that were asked for."""
    plain: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=search)
    return plain
