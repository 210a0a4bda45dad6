"""REST: finding people whom one sees by part of their names, and anyone who does not hide by the exact sign-in name."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.common.rest.openapi import operation
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit, read_cursor, read_page
from apps.common.rest.structs import Input, Output, read_query
from apps.common.text import LINE_PATTERN, normalized_identifier
from apps.common.wall.binding import unbound
from apps.orgs.selectors.people import search_people
from apps.orgs.selectors.visibility import findable_users, visible_users

MAX_QUERY_CHARS: Final = 100
MAX_LOGIN_CHARS: Final = 128


class UserView(Output):
    """Someone of one's tenant. `is_bot`: no person, but a program with an account of its own."""

    id: UUID
    username: str
    display_name: str
    is_bot: bool


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
            description="Part of a name, pinyin or initials too; empty for everyone.",
        ),
    ] = ""
    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class ExactLogin(Input):
    """Whom one knows by name."""

    login: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=MAX_LOGIN_CHARS,
            pattern=LINE_PATTERN,
            description="The whole sign-in name, with or without the part behind @.",
        ),
    ]


class _Position(msgspec.Struct, array_like=True):
    """Where a page of people ends. What no name can hold, the database could not even compare."""

    display_name: Annotated[str, msgspec.Meta(pattern=LINE_PATTERN)]
    id: UUID


class UsersView(APIView):
    """The people whom one sees."""

    @operation("users_search", summary="Find people", query=UserSearch, answers={200: UserPage})
    def get(self, request: Request) -> Response:
        """Return the active people whom one sees and who match."""
        search, viewer = read_query(request, UserSearch), actor_of(request)
        users = search_people(viewer, text=search.q)
        if position := read_cursor(search.cursor, _Position):
            behind = Q(display_name=position.display_name, id__gt=position.id)
            users = users.filter(Q(display_name__gt=position.display_name) | behind)
        with unbound():  # the query names its tenant; bound, it could not use the index of names
            page, following = read_page(_in_order(users, search.q), limit=search.limit, end=_position)
        return Response(UserPage(items=[user_view(user) for user in page], next=following))


class UserByLoginView(APIView):
    """One person whose name one knows, to ask her to be a contact."""

    @operation(
        "users_by_login",
        summary="Find a person by sign-in name",
        query=ExactLogin,
        answers={200: UserView},
        refusals=(404,),
    )
    def get(self, request: Request) -> Response:
        """Return the active person with this sign-in name, unless she hides from people like oneself."""
        viewer, login = actor_of(request), read_query(request, ExactLogin).login
        name = normalized_identifier(login)
        username, _at, slug = name.rpartition("@") if "@" in name else (name, "", viewer.tenant.slug)
        found = findable_users(viewer).filter(username=username, login=f"{username}@{slug}").first()
        if found is None:
            raise UserNotFound(user=login)
        return Response(user_view(found))


class UserDetailView(APIView):
    """One person whom one sees."""

    @operation("users_read", summary="Read a person", answers={200: UserView}, refusals=(404,))
    def get(self, request: Request, user: UUID) -> Response:
        """Return one active person whom one sees."""
        found = visible_users(actor_of(request), few=True).filter(pk=user).first()
        if found is None:
            raise UserNotFound(user=str(user))
        return Response(user_view(found))


def user_view(user: User) -> UserView:
    """Return what others see of a person in lists."""
    return UserView(id=user.id, username=user.username, display_name=user.display_name, is_bot=is_bot(user))


def is_bot(user: User) -> bool:
    """Tell whether a program stands behind the account."""
    return user.kind == User.Kind.SERVICE


def _in_order(users: QuerySet[User], text: str) -> QuerySet[User]:
    """By name. Those who were looked for are sorted: walking the index of all names until enough of them turn up, which
    a database takes for the shorter way, would read half of it for a name from the end of the alphabet.
    """
    if not text:
        return users.order_by("display_name", "id")
    return users.order_by(Concat("display_name", Value("")), "id")


def _position(user: User) -> _Position:
    return _Position(user.display_name, user.id)
