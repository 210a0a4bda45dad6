"""Who does what a request at the admin asks for."""

from django.http import HttpRequest

from apps.accounts.models import User


def acting(request: HttpRequest) -> User:
    """Return the person behind a request that the admin has let in."""
    if not isinstance(request.user, User):  # the admin asks for a sign-in before anything else
        raise TypeError("nobody is signed in")
    return request.user
