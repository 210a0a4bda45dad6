"""REST: one's own account."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.accounts.models import User
from apps.accounts.services import update_profile
from apps.accounts.services.users import MAX_DISPLAY_NAME_CHARS
from apps.common.rest.openapi import operation
from apps.common.rest.structs import Input, Output, read_body
from apps.common.text import NONBLANK_LINE_PATTERN

DisplayName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=MAX_DISPLAY_NAME_CHARS, pattern=NONBLANK_LINE_PATTERN)
]
Language = Literal["", "en", "zh-hans"]
"""The languages of the settings, or none."""


class TenantView(Output):
    """The company one belongs to."""

    id: UUID
    slug: str
    name: str


class Me(Output):
    """One's own account. `login` is what one signs in with; `locale` is empty while the browser decides."""

    id: UUID
    tenant: TenantView
    username: str
    login: str
    display_name: str
    email: str
    locale: str
    is_staff: bool


class ProfileChange(Input):
    """What to change of one's own account; what is left out stays."""

    display_name: DisplayName | msgspec.UnsetType = msgspec.UNSET
    locale: Language | msgspec.UnsetType = msgspec.UNSET


class MeView(APIView):
    """One's own account."""

    @operation("me_read", summary="Read one's own account", answers={200: Me})
    def get(self, request: Request) -> Response:
        """Return one's own account."""
        return Response(_me(actor_of(request)))

    @operation(
        "me_change",
        summary="Change one's own name or language",
        body=ProfileChange,
        answers={200: Me},
        example={"display_name": "Alice Zhang", "locale": "zh-hans"},
    )
    def patch(self, request: Request) -> Response:
        """Change one's own name or language."""
        change = read_body(request, ProfileChange)
        actor = update_profile(
            actor_of(request), display_name=_given(change.display_name), locale=_given(change.locale)
        )
        return Response(_me(actor))


def _given(value: str | msgspec.UnsetType) -> str | None:
    return None if value is msgspec.UNSET else value


def _me(user: User) -> Me:
    return Me(
        id=user.id,
        tenant=TenantView(id=user.tenant_id, slug=user.tenant.slug, name=user.tenant.name),
        username=user.username,
        login=user.login,
        display_name=user.display_name,
        email=user.email,
        locale=user.locale,
        is_staff=user.is_staff,
    )
