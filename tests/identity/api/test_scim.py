"""SCIM as Entra ID, Okta and a foreign checker speak it, and what a token does not open."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.identity.api.scim import rates
from apps.identity.scim.rates import BURST
from apps.identity.services.scim.tokens import make_token
from apps.orgs.models import Department, Placement
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD
from tests.identity.api.conftest import GROUP, USER, Provisioner
from tests.identity.conftest import Connect
from tests.orgs.conftest import Give

ACCEPTED = (
    # An account is active or it isn't; there is no third state for it to have.
    "check_remove_attribute: PATCH modify() did not remove attribute 'active'",
    # What a member is called is said by the member, not by whoever adds her; there are no searches over both kinds.
    "check_add_attribute: PATCH modify() returned unexpected value for 'members'",
    "check_replace_attribute: PATCH modify() returned unexpected value for 'members'",
    "search_with_attributes: there is nothing here",
)
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class TestAForeignChecker:
    @pytest.mark.usefixtures("one_connection")
    def test_finds_nothing_that_the_rfcs_forbid(self, provisioner: Provisioner) -> None:
        scim = WSGISCIMClient(
            get_wsgi_application(),
            base_url=f"http://testserver/scim/{provisioner.connection.pk}/v2",
            headers={"Authorization": f"Bearer {provisioner.token}"},
        )
        scim.discover()

        results = check_server(scim)

        wrong = [f"{each.title}: {each.reason}" for each in results if each.status in (Status.ERROR, Status.CRITICAL)]
        assert [each for each in wrong if not each.startswith(ACCEPTED)] == []
        assert len(results) > 20


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The checker asks hundreds of times in a row, all within the test's transaction, as Django's own client does."""
    monkeypatch.setattr(rates, "wait_s", lambda _key: 0)
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


class TestEntraId:
    """Requests as Microsoft's provisioning service sends them: capital operations, texts for booleans, paths."""

    def test_somebody_is_looked_for_made_disabled_and_enabled(self, provisioner: Provisioner) -> None:
        nobody = provisioner.ask("GET", 'Users?filter=userName eq "wei.zhang@contoso.example"')
        assert (nobody.status_code, nobody.said["totalResults"]) == (200, 0)
        made = provisioner.make(
            "Wei.Zhang@contoso.example",
            externalId="0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            active=True,
            displayName="张伟",
            emails=[{"primary": True, "type": "work", "value": "wei@contoso.example"}],
            meta={"resourceType": "User"},
            name={"formatted": "张伟", "familyName": "张", "givenName": "伟"},
            **{ENTERPRISE: {"department": "研发部"}},
        )
        user = User.objects.for_tenant(provisioner.connection.tenant_id).get(pk=made["id"])
        assert (user.username, user.display_name, user.email) == ("wei.zhang", "张伟", "wei@contoso.example")
        assert not user.has_usable_password()

        off = provisioner.change(f"Users/{made['id']}", {"op": "Replace", "path": "active", "value": "False"})
        assert off.said["active"] is False
        user.refresh_from_db()
        assert not user.is_active
        assert user.signed_out_at is not None
        on = provisioner.change(
            f"Users/{made['id']}",
            {"op": "Replace", "path": "active", "value": "True"},
            {"op": "Add", "path": 'emails[type eq "work"].value', "value": "zhang@contoso.example"},
            {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "市场部"},
        )
        user.refresh_from_db()
        assert (user.is_active, user.email) == (True, "zhang@contoso.example")
        assert on.said[ENTERPRISE] == {"department": "市场部"}
        found = provisioner.ask("GET", 'Users?filter=externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"')
        assert [each["id"] for each in found.said["Resources"]] == [made["id"]]

    def test_groups_are_departments_and_members_come_and_go(self, provisioner: Provisioner) -> None:
        one, two = provisioner.make("one@contoso.example"), provisioner.make("two@contoso.example")
        group = provisioner.ask(
            "POST", "Groups", {"schemas": [GROUP], "displayName": "研发部", "externalId": "g1"}
        ).said
        path = f"Groups/{group['id']}"

        provisioner.change(
            path, {"op": "Add", "path": "members", "value": [{"value": one["id"]}, {"value": two["id"]}]}
        )
        assert {str(each.user_id) for each in places(group["id"])} == {one["id"], two["id"]}
        provisioner.change(path, {"op": "Remove", "path": "members", "value": [{"value": one["id"]}]})
        provisioner.change(path, {"op": "Replace", "path": "displayName", "value": "平台部"})

        assert [str(each.user_id) for each in places(group["id"])] == [two["id"]]
        assert Department.unscoped.get(pk=group["id"]).name == "平台部"
        bare = provisioner.ask("GET", f"{path}?excludedAttributes=members")
        assert "members" not in bare.said
        found = provisioner.ask("GET", 'Groups?filter=displayName eq "平台部"')
        assert [each["id"] for each in found.said["Resources"]] == [group["id"]]
        assert provisioner.ask("DELETE", path).status_code == 204
        assert provisioner.ask("GET", path).status_code == 404


class TestOkta:
    """Okta replaces whole users, and deactivates by a value without a path."""

    def test_a_user_is_replaced_and_deactivated(self, provisioner: Provisioner) -> None:
        made = provisioner.make("li.na@example.com", name={"givenName": "Li", "familyName": "Na"}, active=True)
        path = f"Users/{made['id']}"

        put = provisioner.ask(
            "PUT",
            path,
            {
                "schemas": [USER],
                "userName": "li.na@example.com",
                "displayName": "李娜",
                "active": True,
                "id": made["id"],
            },
        )
        off = provisioner.change(path, {"op": "replace", "value": {"active": False}})

        assert (put.status_code, put.said["displayName"], "name" in put.said) == (200, "李娜", False)
        assert off.said["active"] is False

    def test_pages_begin_at_one_and_are_bounded(self, provisioner: Provisioner) -> None:
        for name in ("a1", "b2", "c3"):
            provisioner.make(name)

        page = provisioner.ask("GET", "Users?startIndex=2&count=1").said

        assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
        assert [each["userName"] for each in page["Resources"]] == ["b2"]
        assert provisioner.ask("GET", "Users?count=0").said["itemsPerPage"] == 0


class TestSearchingByABody:
    """RFC 7644 §3.4.3: what an address would say, in a body."""

    def test_finds_what_the_address_finds(self, provisioner: Provisioner) -> None:
        for name in ("wei@example.com", "li@example.com"):
            provisioner.make(name, displayName=name)
        asked = {"schemas": [SEARCH], "filter": 'userName eq "wei@example.com"'}

        found = provisioner.ask("POST", "Users/.search", asked)

        by_address = provisioner.ask("GET", 'Users?filter=userName eq "wei@example.com"')
        assert found.status_code == 200
        assert found.said == by_address.said
        assert found.said["totalResults"] == 1

    def test_gives_the_page_and_the_attributes_that_were_asked_for(self, provisioner: Provisioner) -> None:
        for name in ("wei@example.com", "li@example.com"):
            provisioner.make(name, displayName=name)
        asked = {"schemas": [SEARCH], "startIndex": 2, "count": 1, "attributes": ["userName"]}

        found = provisioner.ask("POST", "Users/.search", asked).said

        (second,) = found["Resources"]
        assert (found["totalResults"], found["startIndex"], found["itemsPerPage"]) == (2, 2, 1)
        assert second["userName"] == "li@example.com"
        assert "displayName" not in second

    def test_looks_for_groups_too(self, provisioner: Provisioner) -> None:
        for name in ("研发部", "市场部"):
            provisioner.ask("POST", "Groups", {"schemas": [GROUP], "displayName": name})

        found = provisioner.ask("POST", "Groups/.search", {"schemas": [SEARCH], "filter": 'displayName eq "研发部"'})

        assert [group["displayName"] for group in found.said["Resources"]] == ["研发部"]

    def test_refuses_what_is_no_search(self, provisioner: Provisioner) -> None:
        for asked in ({"filter": "userName eq"}, {"count": "many"}):
            assert provisioner.ask("POST", "Users/.search", {"schemas": [SEARCH], **asked}).status_code == 400


class TestRefusals:
    def test_names_are_given_once(self, provisioner: Provisioner) -> None:
        provisioner.make("wei@example.com")
        create_user(provisioner.connection.tenant, username="local", password=PASSWORD)

        for name in ("WEI@example.com", "wei@other.example", "local@example.com"):
            answer = provisioner.ask("POST", "Users", {"schemas": [USER], "userName": name})
            assert (answer.status_code, answer.said["scimType"]) == (409, "uniqueness")

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("Users?filter=userName eq", "invalidFilter"),
            ("Users?filter=" + "(" * 600, "invalidFilter"),
            ('Users?filter=nothing eq "x"', "invalidFilter"),
        ],
    )
    def test_filters_that_say_nothing(self, provisioner: Provisioner, path: str, kind: str) -> None:
        answer = provisioner.ask("GET", path)

        assert (answer.status_code, answer.said["scimType"]) == (400, kind)

    def test_bodies_that_are_none(self, provisioner: Provisioner) -> None:
        assert provisioner.ask("POST", "Users", []).status_code == 400
        assert provisioner.ask("POST", "Users", {"schemas": [USER]}).said["scimType"] == "invalidValue"
        assert provisioner.ask("POST", "Users", {"x": "y" * 1_000_001}).status_code == 413
        assert provisioner.ask("DELETE", "Users").status_code == 405
        assert provisioner.ask("GET", "Users/nobody").status_code == 404
        assert provisioner.ask("GET", "Schemas/nothing").status_code == 404

    def test_bodies_that_are_not_even_json(self, provisioner: Provisioner) -> None:
        for body in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
            answer = provisioner.ask_with(body)
            assert (answer.status_code, answer.said["scimType"]) == (400, "invalidSyntax")

    def test_a_body_that_says_that_it_is_larger_than_any_is_not_read(self, provisioner: Provisioner) -> None:
        for length in ("1000001", "many"):
            assert provisioner.ask("POST", "Users", {}, **{"Content-Length": length}).status_code == 413

    def test_an_edit_of_what_somebody_changed_meanwhile(self, provisioner: Provisioner) -> None:
        made = provisioner.make("wei@example.com")
        path, etag = f"Users/{made['id']}", made["meta"]["version"]
        assert provisioner.ask("GET", path, **{"If-None-Match": etag}).status_code == 304
        provisioner.change(path, {"op": "replace", "path": "displayName", "value": "新"})

        stale = provisioner.ask("DELETE", path, **{"If-Match": etag})

        assert stale.status_code == 412
        assert provisioner.ask("GET", path, **{"If-None-Match": etag}).status_code == 200

    def test_a_group_with_somebody_else_in_it_stays(self, provisioner: Provisioner) -> None:
        group = provisioner.ask("POST", "Groups", {"schemas": [GROUP], "displayName": "研发部"}).said
        local = create_user(provisioner.connection.tenant, username="local", password=PASSWORD)
        Placement(tenant=local.tenant, user=local, department_id=group["id"]).save()

        assert provisioner.ask("DELETE", f"Groups/{group['id']}").status_code == 409
        added = provisioner.change(
            f"Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": str(local.pk)}]}
        )
        assert (added.status_code, added.said["scimType"]) == (400, "invalidValue")

    def test_too_many_requests_are_told_when_to_come_back(self, provisioner: Provisioner) -> None:
        rates._buckets[provisioner.connection.pk] = (0.0, float("inf"))
        rates._buckets[provisioner.connection.pk] = (0.0, rates._clock() + 1)

        answer = provisioner.ask("GET", "Users")

        assert answer.status_code == 429
        assert int(answer["Retry-After"]) >= 1
        assert BURST > 1


class TestDeletion:
    def test_nobody_is_deleted_and_whoever_comes_back_is_the_same_person(self, provisioner: Provisioner) -> None:
        made = provisioner.make("wei@example.com")
        assert provisioner.ask("DELETE", f"Users/{made['id']}").status_code == 204

        assert provisioner.ask("GET", f"Users/{made['id']}").status_code == 404
        user = User.objects.for_tenant(provisioner.connection.tenant_id).get(pk=made["id"])
        assert not user.is_active
        again = provisioner.make("wei@example.com", displayName="回来")
        user.refresh_from_db()
        assert again["id"] == made["id"]
        assert (user.is_active, user.display_name) == (True, "回来")
        actions = Entry.objects.for_tenant(user.tenant_id).filter(target_id=str(user.pk)).order_by("number")
        assert "orgs.person.deactivated" in set(actions.values_list("action", flat=True))


class TestTenancy:
    def test_a_token_opens_its_own_connection_alone(
        self, provisioner: Provisioner, connect: Connect, other_tenant: Tenant, eve: User, give: Give
    ) -> None:
        give(eve, TENANT_ADMIN, tenant_scope(other_tenant.id))
        theirs = connect(other_tenant, "scim")
        foreign = Provisioner(theirs, make_token(eve, connection_id=theirs.pk, now=timezone.now()))
        made = provisioner.make("wei@example.com")

        for stranger in (
            Provisioner(provisioner.connection, foreign.token),
            Provisioner(theirs, provisioner.token),
            Provisioner(provisioner.connection, "imscim_wrong"),
            Provisioner(provisioner.connection, ""),
        ):
            for path in ("Users", f"Users/{made['id']}", "Groups", "ServiceProviderConfig"):
                answer = stranger.ask("GET", path)
                assert (answer.status_code, answer["WWW-Authenticate"][:6]) == (401, "Bearer")
        assert foreign.ask("GET", f"Users/{made['id']}").status_code == 404
        assert foreign.ask("GET", f"Groups/{uuid4()}").status_code == 404
        assert foreign.ask("GET", "Users").said["totalResults"] == 0

    def test_people_whom_it_did_not_make_do_not_exist_for_it(self, provisioner: Provisioner, boss: User) -> None:
        path = f"Users/{boss.pk}"

        answers = [provisioner.ask("GET", path), provisioner.ask("DELETE", path), patched(provisioner, path)]

        assert [each.status_code for each in answers] == [404, 404, 404]

    def test_an_inactive_connection_opens_nothing(self, provisioner: Provisioner) -> None:
        provisioner.connection.is_active = False
        provisioner.connection.save()

        assert provisioner.ask("GET", "Users").status_code == 401


def patched(provisioner: Provisioner, path: str) -> Any:
    return provisioner.change(path, {"op": "replace", "path": "active", "value": False})


def places(department: str) -> list[Placement]:
    return list(Placement.unscoped.filter(department_id=department))
