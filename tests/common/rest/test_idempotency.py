"""A request that is sent again is not carried out again."""

import threading
from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from apps.accounts.models import User
from apps.accounts.services import update_profile
from apps.common.errors import InvalidInput
from apps.common.models import KeptAnswer
from apps.common.rest.idempotency import KEPT_FOR, KeyReused, idempotent
from apps.common.rest.problems import InvalidRequest
from apps.common.rest.structs import StructParser

KEY = "b1c2"


class Renaming:
    """A view that appends a letter to one's name, which shows how often it was carried out."""

    fails = False

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.may_go = threading.Event()
        self.may_go.set()

    @idempotent
    def post(self, request: Request) -> Response:
        user = User.objects.for_tenant(cast(User, request.user).tenant_id).get(pk=cast(User, request.user).id)
        update_profile(user, display_name=f"{user.display_name}!")
        self.entered.set()
        assert self.may_go.wait(60)
        if self.fails:
            raise InvalidInput(field="name", reason="no")
        return Response({"name": user.display_name}, status=201, headers={"ETag": '"2"'})


def request(user: User, key: str | None = KEY, body: bytes = b'{"a":1}', **headers: str) -> Request:
    given = {**headers, **({} if key is None else {"Idempotency-Key": key})}
    made = Request(
        APIRequestFactory().post("/x?y=1", body, content_type="application/json", headers=given),
        parsers=[StructParser()],
    )
    made.user = user
    return made


def name(user: User) -> str:
    return User.objects.for_tenant(user.tenant_id).get(pk=user.pk).display_name


def test_the_second_answer_is_the_first_one(alice: User) -> None:
    view = Renaming()

    first, second = view.post(request(alice)), view.post(request(alice))

    assert name(alice) == "Alice!"
    assert (second.status_code, second.headers["ETag"]) == (first.status_code, '"2"')
    assert bytes(second.data) == b'{"name":"Alice!"}'
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_without_a_key_every_request_counts(alice: User) -> None:
    view = Renaming()

    view.post(request(alice, None))
    view.post(request(alice, None))

    assert name(alice) == "Alice!!"


def test_the_same_key_of_someone_else_is_another_key(alice: User, eve: User) -> None:
    view = Renaming()

    view.post(request(alice))
    view.post(request(eve))

    assert (name(alice), name(eve)) == ("Alice!", "Eve!")


@pytest.mark.parametrize("change", [{"body": b'{"a":2}'}, {"If-Match": '"7"'}])
def test_a_key_belongs_to_one_request(alice: User, change: dict[str, Any]) -> None:
    view = Renaming()
    view.post(request(alice))

    with pytest.raises(KeyReused):
        view.post(request(alice, **change))

    assert name(alice) == "Alice!"


def test_a_refusal_leaves_the_key_free(alice: User) -> None:
    view = Renaming()
    view.fails = True
    with pytest.raises(InvalidInput):
        view.post(request(alice))

    view.fails = False
    view.post(request(alice))

    assert name(alice) == "Alice!"


def test_a_key_is_forgotten_after_a_day(alice: User) -> None:
    view = Renaming()
    view.post(request(alice))
    kept = KeptAnswer.objects.for_tenant(alice.tenant_id)
    kept.update(created_at=timezone.now() - KEPT_FOR - timedelta(seconds=1))

    view.post(request(alice))

    assert name(alice) == "Alice!!"
    assert kept.count() == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b", "schlüssel"])
def test_a_key_has_a_form(alice: User, key: str) -> None:
    with pytest.raises(InvalidRequest):
        Renaming().post(request(alice, key))


@pytest.mark.django_db(transaction=True)
def test_a_repetition_that_comes_too_early_waits_for_the_answer(alice: User) -> None:
    view, answers = Renaming(), []
    view.may_go.clear()

    def send() -> None:
        try:
            answers.append(view.post(request(alice)))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert view.entered.wait(60)
    view.may_go.set()
    for thread in threads:
        thread.join(60)

    assert name(alice) == "Alice!"
    assert sorted("Idempotent-Replayed" in answer.headers for answer in answers) == [False, True]
