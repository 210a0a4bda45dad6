"""The OpenAPI document, drawn from the same structs that decode requests and encode answers.

`operation` describes one method of a view; `complete_document` is drf-spectacular's last step and adds the structs'
schemas. Nothing here runs while a request is served.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from apps.common.rest.idempotency import KEY_PATTERN
from apps.common.rest.problems import MEDIA_TYPE, Problem
from apps.common.rest.versions import ETAG_PATTERN

V = TypeVar("V", bound=Callable[..., Any])

_REF: Final = "#/components/schemas/{name}"
_USED: Final[dict[str, type[msgspec.Struct]]] = {"Problem": Problem}
_SCHEMAS: Final[dict[str, dict[str, Any]]] = {}

_MEANINGS: Final = {
    400: "The request does not have the documented form.",
    401: "No valid access token.",
    403: "One's role does not allow this.",
    404: "There is no such thing, or none that the caller may know of.",
    406: "The answer exists as JSON only.",
    409: "The request conflicts with what is there.",
    412: "The version of `If-Match` is not the latest one: somebody changed it in the meantime.",
    413: "The request is too large.",
    415: "The body is not of a documented type.",
    422: "The idempotency key belongs to another request.",
    428: "A change must name the version that it is of, with `If-Match`.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The server can't do this right now; `Retry-After` says when to come back.",
}
_ALWAYS: Final = (400, 401, 406, 429, 503)
_WITH_BODY: Final = (413, 415)

KEYED: Final = "Idempotency-Key"
VERSIONED: Final = "If-Match"
_HEADERS: Final = {
    KEYED: OpenApiParameter(
        KEYED,
        {"type": "string", "pattern": KEY_PATTERN, "maxLength": 200},
        OpenApiParameter.HEADER,
        description="Makes the request safe to repeat for 24 hours: it is carried out once, and answered alike.",
    ),
    VERSIONED: OpenApiParameter(
        VERSIONED,
        {"type": "string", "pattern": ETAG_PATTERN},
        OpenApiParameter.HEADER,
        required=True,
        description='The version that the change is of, as the `ETag` of what was read: `"3"`.',
    ),
}
_REFUSED_FOR: Final = {KEYED: (422,), VERSIONED: (412, 428)}


@dataclass(frozen=True, slots=True)
class Files:
    """A body, or an answer, that is a file of one of these media types."""

    media_types: tuple[str, ...]


def operation(
    operation_id: str,
    *,
    summary: str,
    answers: Mapping[int, type[msgspec.Struct] | Files | None],
    refusals: Sequence[int] = (),
    query: type[msgspec.Struct] | None = None,
    body: type[msgspec.Struct] | Mapping[str, Any] | Files | None = None,
    example: Mapping[str, Any] | None = None,
    headers: Sequence[str] = (),
) -> Callable[[V], V]:
    """Describe a method: what it takes, what it answers by status, and which refusals it has beside the usual ones.

    `body` is a struct, a JSON Schema where a struct can't say it, or files; `example` is a body; `headers` are KEYED
    and VERSIONED.
    """
    usual = _ALWAYS + (_WITH_BODY if body is not None else ())
    usual += tuple(status for header in headers for status in _REFUSED_FOR[header])
    responses: dict[Any, Any] = {}
    for status, kind in answers.items():
        responses.update(_answers(status, kind))
    for status in sorted({*usual, *refusals}):
        responses[status, MEDIA_TYPE] = OpenApiResponse(reference(Problem), description=_MEANINGS[status])
    decorate: Callable[[V], V] = extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[*(_parameters(query) if query else []), *(_HEADERS[header] for header in headers)],
        request=_request(body) if body is not None else None,
        responses=responses,
        examples=[OpenApiExample("Request", value=dict(example), request_only=True)] if example else [],
    )
    return decorate


def reference(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return a reference to the schema of a struct, which `complete_document` then adds. Raises ValueError for a name
    that another struct has: the document would describe the wrong one.
    """
    if _USED.setdefault(kind.__name__, kind) is not kind:
        raise ValueError(f"two structs of the API are called {kind.__name__}")
    return {"$ref": _REF.format(name=kind.__name__)}


def one_of(*kinds: type[msgspec.Struct]) -> dict[str, Any]:
    """Return a schema for structs that a tag tells apart."""
    mapping = {str(kind.__struct_config__.tag): reference(kind)["$ref"] for kind in kinds}
    field = kinds[0].__struct_config__.tag_field
    return {"oneOf": [reference(kind) for kind in kinds], "discriminator": {"propertyName": field, "mapping": mapping}}


def named_schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Add a schema of one's own to the document and return a reference to it."""
    _SCHEMAS[name] = schema
    return {"$ref": _REF.format(name=name)}


def complete_document(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the structs' schemas; say that bodies are required, and that either way to name a token will do."""
    _refs, components = msgspec.json.schema_components(list(_USED.values()), ref_template=_REF)
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components | _SCHEMAS)
    for path in result["paths"].values():
        for method in path.values():
            if "requestBody" in method:
                method["requestBody"]["required"] = True
            method["security"] = [{"bearer": []}, {"oauth2": ["im"]}]
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


class BearerScheme(OpenApiAuthenticationExtension):
    """How to sign in: any way to an access token, which then is a bearer token."""

    target_class = "apps.accounts.authentication.BearerAuthentication"
    name = ["bearer", "oauth2"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Return the two descriptions of the same header."""
        scopes = {"im": "Read and send your messages"}
        return [
            {"type": "http", "scheme": "bearer"},
            {
                "type": "oauth2",
                "flows": {
                    "password": {"tokenUrl": "/oauth/token/", "refreshUrl": "/oauth/token/", "scopes": scopes},
                    "authorizationCode": {
                        "authorizationUrl": "/oauth/authorize/",
                        "tokenUrl": "/oauth/token/",
                        "refreshUrl": "/oauth/token/",
                        "scopes": scopes,
                    },
                },
            },
        ]


def _parameters(query: type[msgspec.Struct]) -> list[OpenApiParameter]:
    (_ref,), components = msgspec.json.schema_components([query], ref_template=_REF)
    schema = components[query.__name__]
    return [
        OpenApiParameter(
            name,
            {key: value for key, value in field.items() if key != "description"},
            OpenApiParameter.QUERY,
            required=name in schema.get("required", []),
            description=field.get("description", ""),
        )
        for name, field in schema["properties"].items()
    ]


def _answers(status: int, kind: type[msgspec.Struct] | Files | None) -> dict[Any, Any]:
    if isinstance(kind, Files):
        return {(status, media_type): OpenApiTypes.BINARY for media_type in kind.media_types}
    return {status: OpenApiResponse(description=_no_content()) if kind is None else reference(kind)}


def _request(body: type[msgspec.Struct] | Mapping[str, Any] | Files) -> dict[str, Any]:
    if isinstance(body, Files):
        return {kind: {"type": "string", "format": "binary"} for kind in body.media_types}
    return {"application/json": reference(body) if isinstance(body, type) else dict(body)}


def _no_content() -> str:
    return "Done; there is nothing to say."
