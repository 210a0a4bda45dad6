"""The cluster's page in the admin: system administrators see and change the cluster, nobody else does."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from apps.access.roles import TENANT_ADMIN
from apps.accounts.models import User
from apps.cluster import admin as module
from apps.cluster.operating import AskFailed
from apps.cluster.runtime.errors import ClusterUnavailable, MemberUnknown
from tests.admin.conftest import admin_pages, give_role, helper, helper_pages, root
from tests.imsite.operating.status import Facts, member, status, unformed

__all__ = ["admin_pages", "helper", "helper_pages", "root"]

OVERVIEW = reverse("cluster:overview")
ALPHA, BETA, GAMMA = (f"{number:016x}" for number in (1, 2, 3))


def change_url(verb: str, node: str = BETA) -> str:
    return reverse("cluster:change", kwargs={"verb": verb, "node": node})


class Record:
    name = "北京"


class View:
    leader = 1
    members = {2: Record()}


class Node:
    """Stands for this process's node."""

    node = 1
    view: View | None = View()

    def __init__(self) -> None:
        self.facts = status()
        self.ranges: list[Facts] = [
            {"first": 0, "last": 8191, "owner": "alpha", "previous": "", "epoch": 3},
            {"first": 8192, "last": 16_383, "owner": "", "previous": "北京", "epoch": 12},
        ]
        self.asked: list[tuple[Any, ...]] = []
        self.refusal: Exception | None = None

    async def status(self) -> Facts:
        if self.refusal is not None:
            raise self.refusal
        return self.facts

    async def slots(self) -> list[Facts]:
        return self.ranges

    async def drain(self, node: str, *, undo: bool = False) -> None:
        self._note("undrain" if undo else "drain", node)

    async def remove(self, node: str) -> None:
        self._note("remove", node)

    async def transfer(self, node: str) -> None:
        self._note("transfer", node)

    def find(self, node: str) -> int:
        return int(node, 16)

    def leader_address(self) -> tuple[str, int] | None:
        return ("10.0.0.9", 8002)

    def _note(self, *asked: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(asked)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    node = Node()
    monkeypatch.setattr(module, "current", lambda: node)
    return node


@pytest.fixture
def forms(root: User) -> Client:
    """The administrator's browser, where forms without their token are refused."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(root)
    return client


def text(client: Client, url: str = OVERVIEW, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def logged(caplog: pytest.LogCaptureFixture) -> list[Facts]:
    """The fields of what the page logged."""
    records = [record for record in caplog.records if record.name == module.logger.name]
    return [{name: getattr(record, name, None) for name in ("by", "verb", "node", "code")} for record in records]


class TestOverview:
    def test_it_shows_members_and_slots(self, admin_pages: Client, node: Node) -> None:
        page = text(admin_pages)

        for words in (
            "Leader in term 5",
            "2 of 3",
            "ws, http, jobs",
            "10.0.0.3:8002",
            "draining",
            "being removed",
            "8192–16383",
            "sent",
        ):
            assert words in page

    def test_it_speaks_chinese(self, admin_pages: Client, node: Node) -> None:
        page = text(admin_pages, **{"accept-language": "zh-hans"})

        for words in ("任期 5", "2 / 3", "离线", "设为主节点", "槽位分布"):
            assert words in page

    def test_names_of_nodes_are_only_text(self, admin_pages: Client, node: Node) -> None:
        node.facts = status(members=[member("<script>x</script>", 1)])

        assert "<script>x" not in text(admin_pages)

    def test_it_refreshes_itself(self, admin_pages: Client, node: Node) -> None:
        page = text(admin_pages, **{"HX-Request": "true"})

        assert f'hx-get="{OVERVIEW}" hx-trigger="every {module.REFRESH_S}s' in page

    def test_many_ranges_are_counted_instead_of_shown(self, admin_pages: Client, node: Node) -> None:
        node.ranges = [
            {"first": slot, "last": slot, "owner": "alpha", "previous": "", "epoch": 1}
            for slot in range(module.RANGES_SHOWN + 5)
        ]

        assert "5 more ranges" in text(admin_pages)

    def test_a_cluster_without_leader_says_what_it_takes(self, admin_pages: Client, node: Node) -> None:
        node.facts = status(leader="")

        assert "more than half of the voters" in text(admin_pages)

    def test_a_node_without_cluster_shows_whom_it_sees(self, admin_pages: Client, node: Node) -> None:
        node.facts, node.ranges, node.view = unformed(), [], None

        page = text(admin_pages)

        assert "belongs to no cluster yet" in page
        assert "10.0.0.2:8002" in page
        assert change_url("drain") not in page

    def test_a_process_that_is_no_node_says_so(self, admin_pages: Client) -> None:
        assert "not a node of a cluster" in text(admin_pages)

    def test_a_node_in_trouble_says_so(self, admin_pages: Client, node: Node) -> None:
        node.refusal = ClusterUnavailable(reason="stopped")

        assert "this node is stopping" in text(admin_pages)


class TestLeadersKnowledge:
    """How far the members are is known to the leader only, so another node asks it."""

    @pytest.fixture
    def follower(self, node: Node) -> Node:
        node.node = 7
        node.facts = status(members=[member("alpha", 1, applied=None)])
        return node

    def test_a_follower_asks_the_leader(
        self, admin_pages: Client, follower: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def ask(_options: Any, verb: str, _arguments: Any, *, address: Any, timeout_ms: int) -> Facts:
            asked.append((verb, address, timeout_ms))
            return status(index=50, members=[member("alpha", 1, applied=43)])

        monkeypatch.setattr(module, "ask", ask)

        answer = admin_pages.get(OVERVIEW)

        assert [row["behind"] for row in answer.context["members"]] == [7]
        assert asked == [("status", ("10.0.0.9", 8002), module.LEADER_WITHIN_MS)]

    def test_a_leader_that_does_not_answer_leaves_it_open(
        self, admin_pages: Client, follower: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def ask(*_: Any, **__: Any) -> Facts:
            raise AskFailed("timeout", "")

        monkeypatch.setattr(module, "ask", ask)

        answer = admin_pages.get(OVERVIEW)

        assert [row["behind"] for row in answer.context["members"]] == [None]


class TestPossibleChanges:
    @pytest.mark.parametrize(
        ("change", "verbs"),
        [
            ({}, ["drain", "transfer", "remove"]),
            ({"draining": True}, ["undrain", "transfer", "remove"]),
            ({"role": "learner"}, ["drain", "remove"]),
            ({"status": "dead"}, ["drain", "remove"]),
            ({"retiring": True}, []),
        ],
    )
    def test_only_what_makes_sense_is_offered(
        self, admin_pages: Client, node: Node, change: Facts, verbs: list[str]
    ) -> None:
        node.facts = status(members=[member("alpha", 1), member("beta", 2, **change)])

        rows = admin_pages.get(OVERVIEW).context["members"]

        assert [verb for verb, _ in rows[1]["changes"]] == verbs

    def test_the_leader_cannot_be_made_leader(self, admin_pages: Client, node: Node) -> None:
        rows = admin_pages.get(OVERVIEW).context["members"]

        assert "transfer" not in [verb for verb, _ in rows[0]["changes"]]

    @pytest.mark.parametrize("others", [[], [{"status": "dead"}], [{"draining": True}], [{"weight": 0}]])
    def test_the_last_node_that_can_have_slots_keeps_them(
        self, admin_pages: Client, node: Node, others: list[Facts]
    ) -> None:
        node.facts = status(members=[member("alpha", 1), *(member("beta", 2, **other) for other in others)])

        rows = admin_pages.get(OVERVIEW).context["members"]

        assert rows[0]["changes"] == []


class TestChange:
    @pytest.mark.parametrize("verb", list(module.CHANGES))
    def test_it_is_asked_about_first(self, admin_pages: Client, node: Node, verb: str) -> None:
        page = text(admin_pages, change_url(verb))

        assert str(module.CHANGES[verb].consequences) in page
        assert BETA in page
        assert node.asked == []

    @pytest.mark.parametrize("verb", list(module.CHANGES))
    def test_it_is_made_once_confirmed_and_logged(
        self, admin_pages: Client, node: Node, caplog: pytest.LogCaptureFixture, verb: str
    ) -> None:
        answer = admin_pages.post(change_url(verb), follow=True)

        assert node.asked == [(verb, BETA)]
        assert answer.redirect_chain == [(OVERVIEW, 302)]
        assert str(module.CHANGES[verb].done % {"node": "北京"}) in answer.content.decode()
        assert logged(caplog) == [{"by": "root@system", "verb": verb, "node": BETA, "code": None}]

    def test_a_refusal_is_said_and_logged(
        self, admin_pages: Client, node: Node, caplog: pytest.LogCaptureFixture
    ) -> None:
        node.refusal = MemberUnknown(node=BETA)

        answer = admin_pages.post(change_url("drain"))

        assert [str(message) for message in get_messages(answer.wsgi_request)] == [node.refusal.text]
        assert logged(caplog) == [{"by": "root@system", "verb": "drain", "node": BETA, "code": "member_unknown"}]

    def test_a_node_that_is_gone_by_then_is_called_by_its_id(self, admin_pages: Client, node: Node) -> None:
        node.view = None

        answer = admin_pages.post(change_url("remove"))

        assert [str(message).split()[0] for message in get_messages(answer.wsgi_request)] == [BETA]

    def test_a_form_from_elsewhere_changes_nothing(self, forms: Client, node: Node) -> None:
        assert forms.post(change_url("remove")).status_code == 403
        assert node.asked == []

    @pytest.mark.parametrize("url", [change_url("explode"), change_url("drain", "00000000000000ff")])
    def test_what_does_not_exist_is_not_found(self, admin_pages: Client, node: Node, url: str) -> None:
        assert admin_pages.get(url).status_code == 404

    def test_without_a_cluster_there_is_nothing_to_change(self, admin_pages: Client) -> None:
        assert admin_pages.post(change_url("drain")).status_code == 404

    def test_a_node_in_trouble_leads_back_to_the_overview(self, admin_pages: Client, node: Node) -> None:
        node.refusal = ClusterUnavailable(reason="stopped")

        assert admin_pages.get(change_url("drain")).headers["Location"] == OVERVIEW


class TestOthers:
    @pytest.mark.parametrize("url", [OVERVIEW, change_url("remove")])
    def test_an_administrator_of_a_tenant_is_refused(
        self, helper: User, helper_pages: Client, node: Node, url: str
    ) -> None:
        give_role(helper, TENANT_ADMIN)

        assert helper_pages.get(url).status_code == 403
        assert helper_pages.post(url).status_code == 403
        assert node.asked == []

    def test_people_are_sent_to_the_sign_in_page(self, client: Client, alice: User, node: Node) -> None:
        client.force_login(alice)

        answer = client.post(change_url("remove"))

        assert answer.status_code == 302
        assert "/login/" in answer.headers["Location"]
        assert node.asked == []

    def test_a_page_whose_session_has_ended_reloads_itself_whole(self, client: Client, db: None, node: Node) -> None:
        answer = client.get(OVERVIEW, headers={"HX-Request": "true"})

        assert (answer.headers["HX-Refresh"], answer.content) == ("true", b"")

    def test_only_system_administrators_find_it_in_the_sidebar(
        self, helper: User, helper_pages: Client, admin_pages: Client
    ) -> None:
        give_role(helper, TENANT_ADMIN)
        index = reverse("admin:index")

        assert OVERVIEW in text(admin_pages, index)
        assert OVERVIEW not in text(helper_pages, index)
