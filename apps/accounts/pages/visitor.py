"""Who looks at a page of the account centre."""

from django.http import HttpRequest

from apps.accounts.models import User


def visitor_of(request: HttpRequest) -> User:
    """Return who is signed in; `login_required` lets nobody else through to these pages."""
    assert isinstance(request.user, User)  # noqa: S101 - as the decorator of every page has seen to
    return request.user
