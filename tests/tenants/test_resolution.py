"""Which tenant an address, a header or a sign-in name stands for: the order, and what contradicts each other."""

from collections.abc import Iterator

import pytest
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.accounts.services import ensure_applications
from apps.accounts.services.users import create_user
from apps.common.ids import new_id
from apps.tenants import resolution
from apps.tenants.errors import TenantConflict, TenantNotFound
from apps.tenants.models import Host, Tenant
from apps.tenants.resolution import NamedTenant, belongs, forget_names, full_login, host_of, named_tenant
from apps.tenants.services import ensure_system_tenant
from tests.conftest import PASSWORD
from tests.rest_client import RestClient, issue_token

ACME = NamedTenant(new_id(), "acme", "Acme", "")


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    forget_names()
    yield
    forget_names()


@pytest.fixture
def at_acme(tenant: Tenant) -> Tenant:
    """The tenant whose address is that of the tests' client."""
    tenant.settings = {"notice": "Ask IT for an account."}
    tenant.save()
    Host.unscoped.create(tenant=tenant, name="testserver")
    return tenant


def asking(host: str = "elsewhere", header: str = "") -> HttpRequest:
    return RequestFactory().get("/", headers={"Host": host, **({"X-Imsite-Tenant": header} if header else {})})


def slug_of(request: HttpRequest | None) -> str:
    tenant = named_tenant(request)
    return "" if tenant is None else tenant.slug


class TestOrder:
    @pytest.mark.parametrize("host", ["testserver", "TestServer:8000", "testserver."])
    def test_a_host_name_stands_for_its_tenant(self, at_acme: Tenant, host: str) -> None:
        assert slug_of(asking(host)) == "acme"

    @pytest.mark.parametrize("header", ["rival", " RIVAL "])
    def test_a_header_does_where_the_host_says_nothing(
        self, at_acme: Tenant, other_tenant: Tenant, header: str
    ) -> None:
        assert slug_of(asking(header=header)) == "rival"

    def test_both_may_agree(self, at_acme: Tenant) -> None:
        assert slug_of(asking("testserver", "acme")) == "acme"

    def test_but_not_contradict_each_other(self, at_acme: Tenant, other_tenant: Tenant) -> None:
        with pytest.raises(TenantConflict, match="acme"):
            named_tenant(asking("testserver", "rival"))

    @pytest.mark.parametrize("header", ["nobody", "a\0", "x" * 5000])
    def test_a_header_that_names_nobody_is_refused(self, at_acme: Tenant, header: str) -> None:
        with pytest.raises(TenantNotFound):
            named_tenant(asking(header=header))

    def test_otherwise_nobody_is_named(self, at_acme: Tenant) -> None:
        assert slug_of(asking()) == slug_of(None) == ""


class TestRemembering:
    def test_the_next_request_costs_no_query(
        self, at_acme: Tenant, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(2):
            named_tenant(asking("testserver", "acme"))
        with django_assert_num_queries(0):
            named_tenant(asking("testserver", "acme"))

    def test_an_answer_is_fresh_for_a_while_only_and_there_is_a_bound(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        time_s = [0.0]
        monkeypatch.setattr(resolution, "MAX_KNOWN", 2)
        known = resolution._Known(asked.append, clock=lambda: time_s[0])

        for name in ("a", "a", "b", "a", "c", "a"):
            known(name)
        time_s[0] = 5.0
        known("a")

        assert asked == ["a", "b", "c", "a", "a"]


@pytest.mark.parametrize(
    ("host", "name"), [("Acme.com", "acme.com"), ("acme.com:443", "acme.com"), ("[::1]:8000", "[::1]:8000"), ("", "")]
)
def test_the_port_is_no_part_of_a_host_name(host: str, name: str) -> None:
    request = RequestFactory().get("/", headers={"Host": host})
    request.META["SERVER_NAME"] = ""

    assert host_of(request) == name


@pytest.mark.parametrize(
    ("typed", "tenant", "login"),
    [
        (" Alice ", ACME, "alice@acme"),
        ("alice@rival", ACME, "alice@rival"),
        ("alice", None, "alice"),
        ("", ACME, ""),
    ],
)
def test_a_suffix_is_added_where_it_is_missing_and_known(typed: str, tenant: NamedTenant | None, login: str) -> None:
    assert full_login(typed, tenant) == login


@pytest.mark.parametrize(
    ("login", "tenant", "may"),
    [("a@acme", ACME, True), ("a@rival", ACME, False), ("root@system", ACME, True), ("a@rival", None, True)],
)
def test_at_a_tenants_address_its_people_sign_in_and_those_who_run_it_all(
    login: str, tenant: NamedTenant | None, may: bool
) -> None:
    assert belongs(login, tenant) is may


class TestSigningIn:
    def test_the_part_behind_the_at_need_not_be_typed(self, at_acme: Tenant, alice: User) -> None:
        assert authenticate(asking("testserver"), username="alice", password=PASSWORD) == alice

    def test_elsewhere_it_must(self, at_acme: Tenant, alice: User) -> None:
        assert authenticate(asking(), username="alice", password=PASSWORD) is None
        assert authenticate(asking(), username="alice@acme", password=PASSWORD) == alice

    def test_people_of_other_tenants_do_not_sign_in_there(self, at_acme: Tenant, eve: User) -> None:
        assert authenticate(asking("testserver"), username="eve@rival", password=PASSWORD) is None

    def test_those_who_run_the_installation_do(self, at_acme: Tenant) -> None:
        root = create_user(ensure_system_tenant(), username="root", password=PASSWORD)

        assert authenticate(asking("testserver"), username="root@system", password=PASSWORD) == root

    def test_the_page_names_the_tenant_and_lets_its_people_in(
        self, at_acme: Tenant, alice: User, client: Client
    ) -> None:
        page = client.get(reverse("login")).content.decode()
        answer = client.post(reverse("login"), {"username": "alice", "password": PASSWORD})

        assert "Acme" in page
        assert "Ask IT for an account." in page
        assert answer.status_code == 302

    def test_the_page_says_no_when_header_and_host_disagree(
        self, at_acme: Tenant, other_tenant: Tenant, alice: User, client: Client
    ) -> None:
        answer = client.post(
            reverse("login"), {"username": "alice", "password": PASSWORD}, headers={"X-Imsite-Tenant": "rival"}
        )

        assert answer.status_code == 200
        assert "_auth_user_id" not in client.session

    def test_programs_name_their_tenant_by_header(self, alice: User, client: Client) -> None:
        ensure_applications()
        wanted = {"grant_type": "password", "username": "alice", "password": PASSWORD, "client_id": "imsite-cli"}

        found = client.post("/oauth/token/", wanted, headers={"X-Imsite-Tenant": "acme"})
        unknown = client.post("/oauth/token/", wanted, headers={"X-Imsite-Tenant": "nobody"})

        assert found.status_code == 200
        assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_request")

    def test_a_token_is_of_no_use_for_another_tenant(self, alice: User, other_tenant: Tenant) -> None:
        token = f"Bearer {issue_token(alice)}"

        own = RestClient(None).get("/api/v1/me", Authorization=token, **{"X-Imsite-Tenant": "acme"})
        other = RestClient(None).get("/api/v1/me", Authorization=token, **{"X-Imsite-Tenant": "rival"})

        assert own.status == 200
        assert (other.status, other.code) == (403, "wrong_tenant")
