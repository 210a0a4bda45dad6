"""The handshake against the vector that implementations of Noise share (Noise_NNpsk0_25519_AESGCM_SHA256)."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.cluster.runtime.noise import Initiator, NotAuthentic, Responder, Transcript, next_key, nonce_of

PROLOGUE = bytes.fromhex("4a6f686e2047616c74")
PSK = bytes.fromhex("54686973206973206d7920417573747269616e20706572737065637469766521")
DIALLER = X25519PrivateKey.from_private_bytes(
    bytes.fromhex("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a")
)
DIALLED = X25519PrivateKey.from_private_bytes(
    bytes.fromhex("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b")
)
PAYLOADS = [b"Ludwig von Mises", b"Murray Rothbard", b"F. A. Hayek", b"Carl Menger"]
MESSAGES = [
    bytes.fromhex(text)
    for text in (
        "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
        "7c37a89fc17813788d30df2d59501d6066f5f8aecc3406bbd9829f2d24a531b1",
        "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
        "2f29d79368ef9de4e1ae7a362fb05bf0ad668e026bf5714554497b3a720461",
        "7c01e898a6201f36aecee532e29cd0b7f8ffa29d3366ad0dce39a6",
        "a9ff535aace3db6a1da1a7fb00fe2de2622bb373abad9fb42c00e0",
    )
]


def test_both_ends_say_what_the_shared_vector_says() -> None:
    initiator, responder = Initiator(PSK, PROLOGUE, DIALLER), Responder(PSK, PROLOGUE, DIALLED)

    first = initiator.write(PAYLOADS[0])
    heard = responder.read(first)
    second, responder_sends, responder_receives = responder.write(PAYLOADS[1])
    answer, initiator_sends, initiator_receives = initiator.read(second)

    assert [first, second] == MESSAGES[:2]
    assert [heard, answer] == PAYLOADS[:2]
    assert (initiator_sends, initiator_receives) == (responder_receives, responder_sends)
    assert AESGCM(initiator_sends).encrypt(nonce_of(0), PAYLOADS[2], b"") == MESSAGES[2]
    assert AESGCM(responder_sends).encrypt(nonce_of(0), PAYLOADS[3], b"") == MESSAGES[3]


@pytest.mark.parametrize("place", range(0, 64, 7))
def test_a_changed_first_message_is_refused(place: int) -> None:
    changed = bytearray(MESSAGES[0])
    changed[place] ^= 1

    with pytest.raises(NotAuthentic):
        Responder(PSK, PROLOGUE, DIALLED).read(bytes(changed))


@pytest.mark.parametrize(("psk", "prologue"), [(bytes(32), PROLOGUE), (PSK, b"another")])
def test_another_key_or_prologue_is_refused(psk: bytes, prologue: bytes) -> None:
    with pytest.raises(NotAuthentic):
        Responder(psk, prologue, DIALLED).read(MESSAGES[0])


@pytest.mark.parametrize("place", [0, 31, 40, 62])
def test_a_changed_second_message_is_refused(place: int) -> None:
    initiator = Initiator(PSK, PROLOGUE, DIALLER)
    initiator.write(PAYLOADS[0])
    changed = bytearray(MESSAGES[1])
    changed[place] ^= 1

    with pytest.raises(NotAuthentic):
        initiator.read(bytes(changed))


def test_a_short_message_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        Responder(PSK, PROLOGUE).read(MESSAGES[0][:47])


def test_a_public_key_that_fixes_the_secret_is_refused() -> None:
    weak = bytes(32)
    transcript = Transcript(PROLOGUE)
    transcript.mix_key_and_digest(PSK)
    transcript.mix_digest(weak)
    transcript.mix_key(weak)
    responder = Responder(PSK, PROLOGUE, DIALLED)
    responder.read(weak + transcript.seal(b""))

    with pytest.raises(NotAuthentic):
        responder.write(b"")


def test_handshakes_never_repeat_their_keys() -> None:
    one, other = Initiator(PSK, PROLOGUE).write(b""), Initiator(PSK, PROLOGUE).write(b"")

    assert one != other


def test_the_next_key_is_another_of_the_same_length() -> None:
    key = next_key(PSK)

    assert len(key) == 32
    assert key not in {PSK, next_key(key)}
