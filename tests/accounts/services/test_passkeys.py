"""What passkeys are checked against is the request's own place. The protocol is tried through the pages."""

import pytest
from django.test import RequestFactory
from django.utils import timezone

from apps.accounts.errors import ProofWrong
from apps.accounts.models import User
from apps.accounts.services import passkeys
from apps.accounts.services.passkeys import Place
from apps.common.errors import InvalidInput

PLACE = Place("im.example.com", "https://im.example.com:8443")


def test_a_place_is_host_and_origin_of_the_request() -> None:
    request = RequestFactory(HTTP_HOST="im.example.com:8443").get("/", secure=True)

    assert passkeys.place_of(request) == PLACE


def test_nobody_has_any_at_first(alice: User) -> None:
    offered = passkeys.offer_sign_in(PLACE, user=alice)

    assert passkeys.passkeys_of(alice) == []
    assert offered.rp_id == "im.example.com"
    assert not offered.allow_credentials


@pytest.mark.parametrize("stored", [None, "", 3])
def test_there_is_no_challenge_unless_asked_for(stored: object) -> None:
    with pytest.raises(InvalidInput):
        passkeys.read_challenge(stored)


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null"])
def test_nonsense_proves_nothing(db: None, answer: str) -> None:
    with pytest.raises(ProofWrong):
        passkeys.prove(answer, challenge=b"x", place=PLACE, now=timezone.now())
