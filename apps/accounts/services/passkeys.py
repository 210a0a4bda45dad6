"""Passkeys: what an authenticator keeps for a person at one host name, and signs with (WebAuthn level 2).

py_webauthn checks what authenticators say. Here is what it is checked against: the challenge of this session, the host
and origin of this request, the key that is stored. An authenticator always makes sure of its person (user verification:
a PIN, a finger, a face), so one passkey stands for two factors.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError
from django.http import HttpRequest
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRequestOptions,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from apps.accounts.errors import ProofWrong, TooManyPasskeys
from apps.accounts.models import Passkey, User
from apps.accounts.services.factors import drop_recovery_if_last
from apps.accounts.services.trail import note
from apps.common.errors import InvalidInput
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line
from apps.common.wall.binding import unbound

MAX_EACH: Final = 20
"""Of one person."""
MAX_NAME_CHARS: Final = 64
MAX_ANSWER_CHARS: Final = 16_384
"""Of what an authenticator says."""
SITE_NAME: Final = "imsite"


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys are made and used: the host name is the relying party, the origin what browsers vouch for."""

    host: str
    origin: str


def place_of(request: HttpRequest) -> Place:
    """Return where a request is made, as its Host header has it, which the settings' ALLOWED_HOSTS bound."""
    authority = request.get_host()
    return Place(host=authority.rsplit(":", 1)[0], origin=f"{request.scheme}://{authority}")


def passkeys_of(user: User) -> list[Passkey]:
    """Return the person's passkeys, at most MAX_EACH, oldest first. One query."""
    rows = Passkey.objects.for_tenant(user.tenant_id).filter(user=user)
    return list(rows.order_by("created_at", "pk")[:MAX_EACH])


def offer_registration(user: User, place: Place) -> PublicKeyCredentialCreationOptions:
    """Return what a browser needs to have a passkey made. Raises TooManyPasskeys. One query."""
    present = passkeys_of(user)
    if len(present) >= MAX_EACH:
        raise TooManyPasskeys(limit=MAX_EACH)
    return generate_registration_options(
        rp_id=place.host,
        rp_name=SITE_NAME,
        user_id=user.pk.bytes,
        user_name=user.login,
        user_display_name=user.display_name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(row.credential_id)) for row in present],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )


def register(user: User, answer: str, *, name: str, challenge: bytes, place: Place, now: datetime) -> Passkey:
    """Keep the passkey that an authenticator made. Raises ProofWrong, InvalidInput, TooManyPasskeys."""
    label = clean_line(name, field="name", max_chars=MAX_NAME_CHARS, required=False) or place.host[:MAX_NAME_CHARS]
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise ProofWrong from error
    row = Passkey(
        tenant_id=user.tenant_id,
        user=user,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        host=place.host,
        name=label,
    )

    def store() -> Passkey:
        User.objects.for_tenant(user.tenant_id).select_for_update().get(pk=user.pk)
        if len(passkeys_of(user)) >= MAX_EACH:
            raise TooManyPasskeys(limit=MAX_EACH)
        row.save(force_insert=True)
        note("accounts.passkey.added", user, now=now, after={"name": label})
        return row

    try:
        return run_in_transaction(store)
    except IntegrityError as error:  # an authenticator that says what another one said before
        raise ProofWrong from error


def offer_sign_in(place: Place, *, user: User | None = None) -> PublicKeyCredentialRequestOptions:
    """Return what a browser needs to ask for a passkey: any of this host, or one of this person's."""
    keys = [] if user is None else passkeys_of(user)
    return generate_authentication_options(
        rp_id=place.host,
        allow_credentials=[PublicKeyCredentialDescriptor(id=bytes(row.credential_id)) for row in keys] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )


def prove(answer: str, *, challenge: bytes, place: Place, now: datetime, user: User | None = None) -> User:
    """Return whose passkey signed the challenge; only this person's will do where one is named.

    Raises ProofWrong for everything else: a key that nobody has, another host's, a wrong signature, a counter that goes
    backwards, which tells a copied authenticator (WebAuthn §6.1.1).
    """
    try:
        credential = parse_authentication_credential_json(answer)
        with unbound():
            rows = Passkey.unscoped.select_related("user__tenant").filter(credential_id=credential.raw_id)
            row = rows.filter(host=place.host).first()
        if row is None or (user is not None and row.user_id != user.pk):
            raise ProofWrong
        handle = credential.response.user_handle
        if handle is not None and bytes(handle) != row.user_id.bytes:
            raise ProofWrong
        proved = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise ProofWrong from error
    with unbound():
        Passkey.unscoped.filter(pk=row.pk).update(sign_count=proved.new_sign_count, last_used_at=now)
    return row.user


def remove(user: User, passkey_id: UUID, *, now: datetime) -> bool:
    """Take one of the person's passkeys away; False where she has no such."""

    def take() -> bool:
        row = Passkey.objects.for_tenant(user.tenant_id).filter(user=user, pk=passkey_id).first()
        if row is None:
            return False
        name = row.name
        row.delete()
        drop_recovery_if_last(user)
        note("accounts.passkey.removed", user, now=now, after={"name": name})
        return True

    return run_in_transaction(take)


def read_challenge(stored: Any) -> bytes:
    """Return a challenge as a session keeps it. Raises InvalidInput where there is none."""
    if not isinstance(stored, str) or not stored:
        raise InvalidInput(field="challenge", reason="none was asked for")
    return base64url_to_bytes(stored)
