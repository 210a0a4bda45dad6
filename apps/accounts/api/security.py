"""REST: how well one's own account is kept."""

from dataclasses import asdict

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import actor_of
from apps.accounts.services.security import security_of
from apps.common.clock import to_ms
from apps.common.rest.openapi import operation
from apps.common.rest.structs import Output


class SecurityReport(Output):
    """What there is to sign in with and from. `password_set`: unix ms; null without a password.

    `must_renew_password` and `needs_second_factor` follow from the rules of one's tenant: what is missing is asked for
    at the next sign-in. `browsers` are those signed in to the pages, `programs` those that may act in one's name, and
    `links` one's accounts elsewhere that sign one in here.
    """

    password_set: int | None
    must_renew_password: bool
    needs_second_factor: bool
    has_codes: bool
    passkeys: int
    recovery_codes: int
    terminals: int
    browsers: int
    programs: int
    links: int


class SecurityView(APIView):
    """One's own account, as its overview page shows it."""

    @operation("me_security", summary="See how well one's own account is kept", answers={200: SecurityReport})
    def get(self, request: Request) -> Response:
        """Return figures only: no name of a terminal, no address, no key."""
        figures = asdict(security_of(actor_of(request), now=timezone.now()))
        set_at = figures.pop("password_set_at")
        return Response(SecurityReport(password_set=None if set_at is None else to_ms(set_at), **figures))
