"""Views whose change and answer stand or fall together.

A service decides whether somebody may change something; whether she may then see it is another question, which the
answer asks. Refused there, the change must not have happened either.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.retry import run_in_transaction

P = ParamSpec("P")
V = TypeVar("V", bound=APIView)


def all_or_nothing(view: Callable[Concatenate[V, P], Response]) -> Callable[Concatenate[V, P], Response]:
    """Run a view's method in one transaction, which a refusal undoes. Lost races run it again."""

    @wraps(view)
    def run(self: V, /, *arguments: P.args, **options: P.kwargs) -> Response:
        return run_in_transaction(lambda: view(self, *arguments, **options))

    return run
