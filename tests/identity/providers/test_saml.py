"""Responses of a real identity provider, and what must not be taken for one."""

import base64
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from apps.identity.configs.federated import SamlConfig
from apps.identity.configs.reading import read_config
from apps.identity.errors import ConnectionUnset
from apps.identity.providers import saml
from apps.identity.providers.saml import AssertionRefused, Exchange, Service, answered, asked, metadata_of
from tests.identity.saml_idp import ENTITY_ID, Idp

HOST, PATH = "im.acme.test", "/accounts/via/1/saml/"
SERVICE = Service(acs_url=f"https://{HOST}{PATH}", entity_id=f"https://{HOST}{PATH}metadata/")
REQUEST = "ONELOGIN_request"

Answer = Callable[..., str]


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Idp:
    return Idp(tmp_path_factory.mktemp("idp"))


@pytest.fixture(scope="module")
def config(idp: Idp) -> SamlConfig:
    return read_config(idp.config(), SamlConfig)


@pytest.fixture(scope="module")
def answer(idp: Idp, config: SamlConfig) -> Answer:
    """Make the provider's answer; some of it may be wished for."""
    metadata = metadata_of(config, SERVICE).decode()

    def make(**wanted: Any) -> str:
        return idp.respond(metadata, wanted.pop("request_id", REQUEST), SERVICE.acs_url, SERVICE.entity_id, **wanted)

    return make


@pytest.fixture(scope="module")
def good(answer: Answer) -> str:
    """One answer that is right."""
    return answer()


def exchange(xml: str = "") -> Exchange:
    return Exchange(is_https=True, host=HOST, path=PATH, form={"SAMLResponse": base64.b64encode(xml.encode()).decode()})


def test_a_request_names_us_and_where_to_answer(config: SamlConfig) -> None:
    url, request_id = asked(config, SERVICE, Exchange(True, HOST, PATH, {}), relay_state="")

    packed = base64.b64decode(parse_qs(urlsplit(url).query)["SAMLRequest"][0])
    request = zlib.decompress(packed, -15).decode()
    assert request_id in request
    assert SERVICE.acs_url in request
    assert SERVICE.entity_id in request


def test_an_answer_to_our_request_tells_who_it_is(config: SamlConfig, good: str) -> None:
    visitor = answered(config, SERVICE, exchange(good), request_id=REQUEST)

    assert visitor.external_id == "person-1"
    assert visitor.proven_email == "alice@acme.test"
    assert visitor.display_name == "爱丽丝"
    assert visitor.username == "alice"


@pytest.mark.parametrize("request_id", ["", "ONELOGIN_another"])
def test_an_answer_to_no_request_of_this_browser_is_refused(config: SamlConfig, good: str, request_id: str) -> None:
    with pytest.raises(AssertionRefused):
        answered(config, SERVICE, exchange(good), request_id=request_id)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (Service(SERVICE.acs_url, "https://other.test/metadata"), "audience"),
        (Service("https://im.acme.test/other/", SERVICE.entity_id), "destination"),
    ],
    ids=["audience", "recipient"],
)
def test_an_answer_for_another_service_is_refused(config: SamlConfig, good: str, wrong: Service, right: str) -> None:
    path = urlsplit(wrong.acs_url).path

    with pytest.raises(AssertionRefused, match=r"audience|received at|SubjectConfirmation"):
        answered(config, wrong, Exchange(True, HOST, path, exchange(good).form), request_id=REQUEST)


def test_an_unsigned_assertion_is_refused(config: SamlConfig, answer: Answer) -> None:
    with pytest.raises(AssertionRefused, match=r"(?i)sign"):
        answered(config, SERVICE, exchange(answer(sign_assertion=False)), request_id=REQUEST)


def test_a_signed_envelope_around_an_unsigned_assertion_is_refused(config: SamlConfig, answer: Answer) -> None:
    with pytest.raises(AssertionRefused, match=r"(?i)sign"):
        answered(config, SERVICE, exchange(answer(sign_assertion=False, sign_response=True)), request_id=REQUEST)


def test_a_changed_assertion_is_refused(config: SamlConfig, good: str) -> None:
    with pytest.raises(AssertionRefused, match=r"(?i)signature"):
        answered(config, SERVICE, exchange(good.replace("person-1", "person-2")), request_id=REQUEST)


def wrapped(xml: str, *, place: str) -> str:
    """The signed assertion put aside, and a forged one where it was (XML signature wrapping)."""
    assertion = re.search(r"<(\w+:)?Assertion .*?</(\w+:)?Assertion>", xml, re.DOTALL)
    assert assertion is not None
    signed = assertion.group(0)
    forged = re.sub(r"<(\w+:)?Signature .*?</(\w+:)?Signature>", "", signed, flags=re.DOTALL)
    forged = re.sub(r'\bID="[^"]+"', 'ID="forged"', forged, count=1).replace("person-1", "person-2")
    if place == "beside":
        return xml.replace(signed, forged + signed)
    if place == "after":
        return xml.replace(signed, signed + forged)
    hidden = forged.replace("<", "<", 1)
    holder = re.search(r"<(\w+:)?Subject>", hidden)
    assert holder is not None
    return xml.replace(signed, hidden[: holder.start()] + signed + hidden[holder.start() :])


@pytest.mark.parametrize("place", ["beside", "after", "within"])
def test_a_forged_assertion_beside_the_signed_one_is_refused(config: SamlConfig, good: str, place: str) -> None:
    with pytest.raises(AssertionRefused):
        answered(config, SERVICE, exchange(wrapped(good, place=place)), request_id=REQUEST)


@pytest.mark.parametrize("key", ["signed by another"])
def test_an_answer_that_another_signed_is_refused(
    good: str, tmp_path_factory: pytest.TempPathFactory, key: str
) -> None:
    other = Idp(tmp_path_factory.mktemp(key.replace(" ", "-")))

    with pytest.raises(AssertionRefused, match=r"(?i)signature"):
        answered(read_config(other.config(), SamlConfig), SERVICE, exchange(good), request_id=REQUEST)


def test_either_of_two_certificates_may_have_signed(
    config: SamlConfig, idp: Idp, good: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Idp(tmp_path_factory.mktemp("next"))
    both = read_config({**idp.config(), "certificate": other.certificate + idp.certificate}, SamlConfig)

    assert answered(both, SERVICE, exchange(good), request_id=REQUEST).external_id == "person-1"


@pytest.mark.parametrize(
    ("edge", "seconds", "is_taken"),
    [
        ("NotBefore", -290, True),
        ("NotBefore", -320, False),
        ("NotOnOrAfter", -10, True),
        ("NotOnOrAfter", 320, False),
    ],
)
def test_an_answer_counts_within_its_time_and_clocks_may_differ_by_five_minutes(
    config: SamlConfig, good: str, monkeypatch: pytest.MonkeyPatch, edge: str, seconds: int, is_taken: bool
) -> None:
    there = min(OneLogin_Saml2_Utils.parse_SAML_to_time(each) for each in re.findall(rf'{edge}="([^"]+)"', good))
    monkeypatch.setattr(OneLogin_Saml2_Utils, "now", staticmethod(lambda: there + seconds))

    if is_taken:
        assert answered(config, SERVICE, exchange(good), request_id=REQUEST).external_id == "person-1"
    else:
        with pytest.raises(AssertionRefused):
            answered(config, SERVICE, exchange(good), request_id=REQUEST)


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "no xml",
        "<a/>",
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    ],
)
def test_what_is_no_response_is_refused(config: SamlConfig, xml: str) -> None:
    with pytest.raises(AssertionRefused):
        answered(config, SERVICE, exchange(xml), request_id=REQUEST)


def test_a_response_that_is_too_long_is_refused_unread(config: SamlConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saml, "MAX_ANSWER_CHARS", 3)

    with pytest.raises(AssertionRefused, match="too long"):
        answered(config, SERVICE, exchange("<a/>"), request_id=REQUEST)


def test_a_name_that_is_made_anew_each_time_names_nobody(config: SamlConfig, idp: Idp, answer: Answer) -> None:
    passing = answer(format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient")
    by_attribute = read_config({**idp.config(), "id_attribute": "mail"}, SamlConfig)
    by_missing = read_config({**idp.config(), "id_attribute": "missing"}, SamlConfig)

    with pytest.raises(AssertionRefused, match="anew"):
        answered(config, SERVICE, exchange(passing), request_id=REQUEST)
    with pytest.raises(AssertionRefused, match="nobody"):
        answered(by_missing, SERVICE, exchange(passing), request_id=REQUEST)
    assert answered(by_attribute, SERVICE, exchange(passing), request_id=REQUEST).external_id == "alice@acme.test"


def test_a_certificate_that_is_none_is_said_so(idp: Idp) -> None:
    broken = read_config({**idp.config(), "certificate": "none"}, SamlConfig)

    with pytest.raises(ConnectionUnset):
        saml.certificates_of(broken)
    assert broken.entity_id == ENTITY_ID
