"""A request with an `Idempotency-Key` is carried out once, however often a client sends it.

The answer is kept in the transaction of the change itself, so there is never the one without the other. A repetition
gets the same answer; one that comes while the first is still at work waits for it. Refusals change nothing and are not
kept: the same key may be tried again. The draft is draft-ietf-httpapi-idempotency-key-header.
"""

import functools
import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.models import ANSWERS_KEPT_FOR, KeptAnswer
from apps.common.rest.problems import InvalidRequest
from apps.common.retry import run_in_transaction

F = TypeVar("F", bound=Callable[..., Response])

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
KEY_PATTERN: Final = r"^[!-~]{1,200}$"
KEPT_FOR: Final = ANSWERS_KEPT_FOR
"""A key may be used anew afterwards. How many keys one may use meanwhile is bounded by the throttle of requests."""


class KeyReused(exceptions.APIException):
    """The key was used for another request before."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This idempotency key belongs to another request; use a new one."


def idempotent(method: F) -> F:
    """Let a view's method that answers with a struct be repeated safely by whoever sends a key."""

    @functools.wraps(method)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return method(view, request, *args, **kwargs)
        if re.fullmatch(KEY_PATTERN, key) is None:
            raise InvalidRequest(field=HEADER, reason="must be 1 to 200 visible ASCII characters")
        digest, now = _digest(request), timezone.now()
        return run_in_transaction(
            lambda: _carried_out(request, key, digest, now, lambda: method(view, request, *args, **kwargs))
        )

    return once  # type: ignore[return-value]  # wraps a method of the same form


def _carried_out(request: Request, key: str, digest: bytes, now: datetime, work: Callable[[], Response]) -> Response:
    """Inserting the key waits for a transaction that has just inserted the same one."""
    user: Any = request.user
    own = KeptAnswer.objects.for_tenant(user.tenant_id).filter(user_id=user.pk)
    own.filter(created_at__lt=now - KEPT_FOR).delete()
    kept = KeptAnswer(tenant_id=user.tenant_id, user_id=user.pk, key=key, digest=digest, status=0, body=b"")
    own.bulk_create([kept], ignore_conflicts=True)
    found = own.get(key=key)
    if found.pk != kept.pk:
        return _replay(found, digest)
    response = work()
    found.status = response.status_code
    found.body = b"" if response.data is None else msgspec.json.encode(response.data, enc_hook=str)
    found.etag = response.headers.get("ETag", "")
    found.save(update_fields=["status", "body", "etag"])
    return response


def _replay(found: KeptAnswer, digest: bytes) -> Response:
    if bytes(found.digest) != digest:
        raise KeyReused
    headers = {REPLAYED: "true", **({"ETag": found.etag} if found.etag else {})}
    body = msgspec.Raw(bytes(found.body)) if found.body else None
    return Response(body, status=found.status, headers=headers)


def _digest(request: Request) -> bytes:
    """What makes two requests the same: method, address with its parameters, version, and body."""
    data: object = request.data
    body = data if isinstance(data, bytes) else b""
    parts = (request.method or "", request.get_full_path(), request.headers.get("If-Match", ""))
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).digest()
