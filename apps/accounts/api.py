"""REST: one's own account, and the people of one's tenant."""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.accounts.selectors import get_user, search_users
from apps.accounts.services import update_profile
from apps.accounts.services.users import MAX_DISPLAY_NAME_CHARS
from apps.common.rest.openapi import operation
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from apps.common.rest.structs import Input, Output, read_body, read_query
from apps.common.text import LINE_PATTERN, NONBLANK_LINE_PATTERN

MAX_QUERY_CHARS: Final = 100

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


class UserView(Output):
    """Someone of one's tenant."""

    id: UUID
    username: str
    display_name: str


class UserPage(Output):
    """One page of people, by display name. `next` is the cursor of the next page, empty at the end."""

    items: list[UserView]
    next: str


class UserSearch(Input):
    """Whom to look for."""

    q: Annotated[
        str,
        msgspec.Meta(
            max_length=MAX_QUERY_CHARS,
            pattern=LINE_PATTERN,
            description="Part of a user name or display name; empty for everyone.",
        ),
    ] = ""
    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class _Position(msgspec.Struct, array_like=True):
    """Where a page of people ends. What no name can hold, the database could not even compare."""

    display_name: Annotated[str, msgspec.Meta(pattern=LINE_PATTERN)]
    id: UUID


class MeView(APIView):
    """One's own account."""

    @operation("me_read", summary="Read one's own account", answers={200: Me})
    def get(self, request: Request) -> Response:
        """Return one's own account."""
        return Response(_me(_actor(request)))

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
        actor = update_profile(_actor(request), display_name=_given(change.display_name), locale=_given(change.locale))
        return Response(_me(actor))


class UsersView(APIView):
    """The people of one's tenant."""

    @operation("users_search", summary="Find people", query=UserSearch, answers={200: UserPage})
    def get(self, request: Request) -> Response:
        """Return the active people of one's tenant who match."""
        search = read_query(request, UserSearch)
        users = search_users(_actor(request).tenant_id, text=search.q)
        if position := read_cursor(search.cursor, _Position):
            behind = Q(display_name=position.display_name, id__gt=position.id)
            users = users.filter(Q(display_name__gt=position.display_name) | behind)
        rows = list(users[: search.limit + 1])
        page = rows[: search.limit]
        more = len(rows) > search.limit
        end = write_cursor(_Position(page[-1].display_name, page[-1].id)) if more else ""
        return Response(UserPage(items=[_user(user) for user in page], next=end))


class UserDetailView(APIView):
    """One person of one's tenant."""

    @operation("users_read", summary="Read a person", answers={200: UserView}, refusals=(404,))
    def get(self, request: Request, user: UUID) -> Response:
        """Return one active person of one's tenant."""
        return Response(_user(get_user(_actor(request).tenant_id, user)))


def _actor(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - IsAuthenticated lets nobody else through
    return request.user


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


def _user(user: User) -> UserView:
    return UserView(id=user.id, username=user.username, display_name=user.display_name)
