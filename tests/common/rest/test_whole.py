"""A change whose answer is refused has not happened."""

import pytest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.common.errors import InvalidInput
from apps.common.rest.whole import all_or_nothing


class Renaming(APIView):
    """Renames somebody, then answers or refuses to."""

    authentication_classes = ()
    permission_classes = ()

    @all_or_nothing
    def post(self, request: Request, user: User, *, is_refused: bool) -> Response:
        """Change, then see."""
        User.unscoped.filter(pk=user.pk).update(display_name="Changed")
        if is_refused:
            raise InvalidInput(field="x", reason="not to be seen")
        return Response({"done": True})


@pytest.mark.parametrize(("is_refused", "status", "name"), [(True, 400, "Alice"), (False, 200, "Changed")])
def test_a_refusal_after_the_change_undoes_it(alice: User, is_refused: bool, status: int, name: str) -> None:
    answer = Renaming.as_view()(APIRequestFactory().post("/"), alice, is_refused=is_refused)

    alice.refresh_from_db()
    assert (answer.status_code, alice.display_name) == (status, name)


def test_a_view_keeps_its_name() -> None:
    assert (Renaming.post.__name__, Renaming.post.__doc__) == ("post", "Change, then see.")
