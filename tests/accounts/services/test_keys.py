"""Signing with the ring of keys, and believing nothing that it did not sign."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection, transaction
from django.utils import timezone
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jws import JWS

from apps.accounts.errors import TokenInvalid
from apps.accounts.models import SigningKey
from apps.accounts.services.keys import ASK_AGAIN_S, ES256, FRESH_S, MAX_TOKEN_CHARS, RS256, Keys, make_key
from tests.clock import Clock

TYP = "thing+jwt"
CLAIMS = {"sub": "alice", "名": "字"}


@pytest.fixture
def ring(clock: Clock) -> Keys:
    return Keys(clock)


def part(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def header_of(token: str) -> dict[str, Any]:
    text, _, _ = token.partition(".")
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def forged(header: dict[str, Any], key: JWK, *, algorithm: str) -> str:
    token = JWS(json.dumps(CLAIMS))
    token.add_signature(key, algorithm, protected=json.dumps(header))
    return str(token.serialize(compact=True))


@pytest.mark.django_db
class TestSigning:
    @pytest.mark.parametrize("algorithm", [ES256, RS256])
    def test_what_was_signed_says_the_same_when_it_is_read(self, ring: Keys, algorithm: str) -> None:
        token = ring.sign(CLAIMS, algorithm=algorithm, typ=TYP)

        assert ring.verify(token, algorithm=algorithm, typ=TYP) == CLAIMS

    def test_anybody_can_check_it_by_the_public_keys_alone(self, ring: Keys) -> None:
        token = ring.sign(CLAIMS, algorithm=ES256, typ=TYP)
        others = JWKSet.from_json(json.dumps(ring.public_keys()))
        read = JWS()
        read.deserialize(token, others.get_key(header_of(token)["kid"]))

        assert json.loads(read.payload) == CLAIMS

    def test_the_public_keys_hold_no_private_part_and_one_key_more_of_each_kind_than_signs(self, ring: Keys) -> None:
        found = ring.public_keys()["keys"]

        assert sorted(key["alg"] for key in found) == [ES256, ES256, RS256, RS256]
        assert {name for key in found for name in key} == {"alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"}

    def test_the_private_part_is_nowhere_in_the_database(self, ring: Keys) -> None:
        ring.sign(CLAIMS, algorithm=ES256, typ=TYP)
        row = SigningKey.objects.get(algorithm=ES256, number=1)

        assert "d" not in row.public
        assert '"d"' not in row.sealed


@pytest.mark.django_db
class TestWhatIsNotBelieved:
    def refuse(self, ring: Keys, token: str) -> None:
        with pytest.raises(TokenInvalid):
            ring.verify(token, algorithm=ES256, typ=TYP)

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
    def test_a_token_without_a_signature(self, ring: Keys, algorithm: str) -> None:
        kid = header_of(ring.sign(CLAIMS, algorithm=ES256, typ=TYP))["kid"]
        header = {"alg": algorithm, "kid": kid, "typ": TYP}

        self.refuse(ring, f"{part(header)}.{part(CLAIMS)}.")
        self.refuse(ring, f"{part(header)}.{part(CLAIMS)}.{part(b'x' * 64)}")

    @pytest.mark.parametrize("claimed", ["HS256", ES256])
    def test_our_public_key_taken_for_a_shared_secret(self, ring: Keys, claimed: str) -> None:
        kid = header_of(ring.sign(CLAIMS, algorithm=ES256, typ=TYP))["kid"]
        public = JWK(**SigningKey.objects.get(pk=kid).public)
        pem = public.get_op_key("verify").public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        secret = JWK(kty="oct", k=part(pem))
        token = forged({"alg": "HS256", "kid": kid, "typ": TYP}, secret, algorithm="HS256")
        _header, payload, signature = token.split(".")

        self.refuse(ring, f"{part({'alg': claimed, 'kid': kid, 'typ': TYP})}.{payload}.{signature}")

    def test_the_right_name_of_a_key_with_the_signature_of_another(self, ring: Keys) -> None:
        kid = header_of(ring.sign(CLAIMS, algorithm=ES256, typ=TYP))["kid"]
        foreign = JWK.generate(kty="EC", crv="P-256")

        self.refuse(ring, forged({"alg": ES256, "kid": kid, "typ": TYP}, foreign, algorithm=ES256))

    def test_a_key_that_the_token_brings_along(self, ring: Keys) -> None:
        foreign = JWK.generate(kty="EC", crv="P-256")
        kid = header_of(ring.sign(CLAIMS, algorithm=ES256, typ=TYP))["kid"]

        for brought in ({"jwk": foreign.export_public(as_dict=True)}, {"jku": "https://evil.example/jwks"}):
            self.refuse(ring, forged({"alg": ES256, "kid": kid, "typ": TYP} | brought, foreign, algorithm=ES256))

    def test_our_key_of_the_other_algorithm(self, ring: Keys) -> None:
        self.refuse(ring, ring.sign(CLAIMS, algorithm=RS256, typ=TYP))

    def test_a_token_of_another_type(self, ring: Keys) -> None:
        self.refuse(ring, ring.sign(CLAIMS, algorithm=ES256, typ="JWT"))

    @pytest.mark.parametrize("kid", ["made-up", "", 5, None, ["x"]])
    def test_a_key_that_nobody_knows(self, ring: Keys, kid: Any) -> None:
        foreign = JWK.generate(kty="EC", crv="P-256")

        self.refuse(ring, forged({"alg": ES256, "kid": kid, "typ": TYP}, foreign, algorithm=ES256))

    def test_claims_that_were_changed_after_signing(self, ring: Keys) -> None:
        header, _payload, signature = ring.sign(CLAIMS, algorithm=ES256, typ=TYP).split(".")

        self.refuse(ring, f"{header}.{part({'sub': 'root'})}.{signature}")

    def test_claims_that_are_no_object(self, ring: Keys) -> None:
        self.refuse(ring, ring.sign([1], algorithm=ES256, typ=TYP))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "text", ["", "a.b", "a.b.c.d", "..", "é.é.é", '{"a":"."}..', "A" * MAX_TOKEN_CHARS + "..b"]
    )
    def test_what_is_no_token_at_all(self, ring: Keys, text: str) -> None:
        self.refuse(ring, text)

    def test_a_key_that_was_revoked(self, ring: Keys) -> None:
        token = ring.sign(CLAIMS, algorithm=ES256, typ=TYP)
        SigningKey.objects.filter(algorithm=ES256).update(revoked_at=timezone.now())

        self.refuse(ring, token)
        assert ring.verify(ring.sign(CLAIMS, algorithm=ES256, typ=TYP), algorithm=ES256, typ=TYP) == CLAIMS


@pytest.mark.django_db
class TestRotation:
    def test_the_key_of_tomorrow_signs_once_its_time_has_come_and_yesterdays_tokens_hold(self, ring: Keys) -> None:
        before = ring.sign(CLAIMS, algorithm=ES256, typ=TYP)
        following = SigningKey.objects.get(algorithm=ES256, number=2)
        SigningKey.objects.filter(pk=following.pk).update(signs_from=timezone.now())

        after = ring.sign(CLAIMS, algorithm=ES256, typ=TYP)

        assert header_of(after)["kid"] == following.kid
        assert ring.verify(before, algorithm=ES256, typ=TYP) == CLAIMS
        assert SigningKey.objects.filter(algorithm=ES256, number=3).exists()

    def test_keys_that_nobody_needs_any_more_are_gone_with_the_next_one_made(self) -> None:
        long_ago = timezone.now() - timedelta(days=300)
        make_key(ES256, number=1, signs_from=long_ago)
        make_key(ES256, number=2, signs_from=long_ago + timedelta(days=90))

        make_key(ES256, number=3, signs_from=timezone.now())

        assert list(SigningKey.objects.order_by("number").values_list("number", flat=True)) == [2, 3]

    def test_a_key_that_someone_else_made_meanwhile_is_not_made_again(self) -> None:
        for _ in range(2):
            make_key(ES256, number=1, signs_from=timezone.now())

        assert SigningKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    @pytest.fixture(autouse=True)
    def _no_keys_stay(self) -> Iterator[None]:
        SigningKey.objects.all().delete()
        yield
        SigningKey.objects.all().delete()

    def test_nodes_that_begin_together_agree_on_one_key(self) -> None:
        def sign(_place: int) -> str:
            try:
                return Keys().sign(CLAIMS, algorithm=ES256, typ=TYP)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as nodes:
            tokens = list(nodes.map(sign, range(8)))

        assert len({header_of(token)["kid"] for token in tokens}) == 1
        assert SigningKey.objects.filter(algorithm=ES256).count() == 2
        assert all(Keys().verify(token, algorithm=ES256, typ=TYP) == CLAIMS for token in tokens)

    def test_a_process_asks_the_database_once_and_then_again_when_that_is_old(
        self, clock: Clock, django_assert_num_queries: Any
    ) -> None:
        ring = Keys(clock)
        token = ring.sign(CLAIMS, algorithm=ES256, typ=TYP)

        with django_assert_num_queries(0):
            ring.sign(CLAIMS, algorithm=ES256, typ=TYP)
            ring.verify(token, algorithm=ES256, typ=TYP)
        clock.now += FRESH_S
        with django_assert_num_queries(1):
            ring.verify(token, algorithm=ES256, typ=TYP)
        ring.forget()
        with django_assert_num_queries(1):
            ring.verify(token, algorithm=ES256, typ=TYP)

    def test_another_nodes_new_key_is_looked_up_and_made_up_ones_cost_little(
        self, clock: Clock, django_assert_num_queries: Any
    ) -> None:
        ring = Keys(clock)
        ring.sign(CLAIMS, algorithm=ES256, typ=TYP)
        number = SigningKey.objects.count() + 1
        make_key(ES256, number=number, signs_from=timezone.now())
        other = Keys().sign(CLAIMS, algorithm=ES256, typ=TYP)
        foreign = JWK.generate(kty="EC", crv="P-256")
        made_up = forged({"alg": ES256, "kid": "nobody's", "typ": TYP}, foreign, algorithm=ES256)

        clock.now += ASK_AGAIN_S
        with django_assert_num_queries(1):
            assert ring.verify(other, algorithm=ES256, typ=TYP) == CLAIMS
        with django_assert_num_queries(0):
            for _ in range(10):
                with pytest.raises(TokenInvalid):
                    ring.verify(made_up, algorithm=ES256, typ=TYP)

    def test_a_key_made_in_a_transaction_that_fails_is_never_used_again(self) -> None:
        ring = Keys()
        with transaction.atomic():
            ring.sign(CLAIMS, algorithm=ES256, typ=TYP)
            transaction.set_rollback(True)

        token = ring.sign(CLAIMS, algorithm=ES256, typ=TYP)

        assert SigningKey.objects.filter(pk=header_of(token)["kid"]).exists()

    def test_former_keys_are_published_after_a_rotation(self) -> None:
        ring = Keys()
        first = header_of(ring.sign(CLAIMS, algorithm=ES256, typ=TYP))["kid"]
        SigningKey.objects.filter(algorithm=ES256, number=2).update(signs_from=timezone.now())
        ring.forget()

        kids = [key["kid"] for key in ring.public_keys()["keys"] if key["alg"] == ES256]

        assert len(kids) == 3
        assert kids[-1] == first
