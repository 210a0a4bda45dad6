"""The live page: system administrators see the figures of any node, and nobody else does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from django.urls import reverse
from pytest_django import Settings

from apps.access.roles import TENANT_ADMIN
from apps.accounts.models import User
from apps.cluster.core.ids import node_name
from apps.cluster.operating import AskFailed
from apps.cluster.runtime.errors import ClusterUnavailable
from apps.metrics import HISTORY, REGISTRY, Track
from imsite.operating import dashboard as module
from imsite.operating.figures import FIGURES
from tests.admin.conftest import admin_pages, give_role, helper, helper_pages, root
from tests.cluster.live import running
from tests.cluster.test_operating import KEYS
from tests.imsite.operating.status import Facts, member, status

__all__ = ["admin_pages", "helper", "helper_pages", "root"]

PAGE, FIGURES_JSON = reverse("monitor:overview"), reverse("monitor:figures")
BETA = f"{2:016x}"
NOW_MS = 1_700_000_000_000


class Node:
    """Stands for this process's node."""

    name = "alpha"

    def __init__(self) -> None:
        self.refusal: Exception | None = None

    async def status(self) -> Facts:
        if self.refusal is not None:
            raise self.refusal
        return status(members=[member("alpha", 1), member("<b>beta", 2)])


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    node = Node()
    monkeypatch.setattr(module, "current", lambda: node)
    return node


@pytest.fixture
def recorded() -> Iterator[None]:
    HISTORY.follow([Track("open", "im_test_open", "value")])
    REGISTRY.gauge("im_test_open", "A gauge.").set(7)
    for number in range(3):
        HISTORY.record(REGISTRY.snapshot(), NOW_MS + 2_000 * number)
    yield
    HISTORY.follow(())


def ask_page(client: Client, **query: str) -> Any:
    answer = client.get(FIGURES_JSON, query)
    assert answer["Content-Type"] == "application/json"
    return answer.json()


class TestPage:
    def test_it_has_a_card_per_figure(self, admin_pages: Client) -> None:
        page = admin_pages.get(PAGE).content.decode()

        assert page.count("data-card ") == len(FIGURES)
        assert f'data-url="{FIGURES_JSON}" data-node="" data-refresh-ms="2000"' in page

    def test_it_speaks_chinese(self, admin_pages: Client) -> None:
        page = admin_pages.get(PAGE, headers={"accept-language": "zh-hans"}).content.decode()

        assert "实时指标" in page
        assert "事件循环延迟" in page

    def test_it_offers_every_node_and_names_are_only_text(self, admin_pages: Client, node: Node) -> None:
        page = admin_pages.get(PAGE, {"node": BETA}).content.decode()

        assert f'href="{PAGE}?node={BETA}" aria-current="page"' in page
        assert "&lt;b&gt;beta" in page
        assert "<b>beta" not in page

    def test_a_node_alone_offers_no_choice(self, admin_pages: Client) -> None:
        assert "aria-current" not in admin_pages.get(PAGE).content.decode().split('id="monitor"')[0].split("<nav")[-1]

    def test_a_control_plane_in_trouble_leaves_this_process(self, admin_pages: Client, node: Node) -> None:
        node.refusal = ClusterUnavailable(reason="stopped")

        assert admin_pages.get(PAGE).status_code == 200

    def test_the_sidebar_leads_there(self, admin_pages: Client) -> None:
        assert f'href="{PAGE}"' in admin_pages.get(reverse("admin:index")).content.decode()


@pytest.mark.usefixtures("recorded")
class TestFigures:
    def test_this_node_tells_what_it_has_recorded(self, admin_pages: Client) -> None:
        said = ask_page(admin_pages)

        assert said == {"keys": ["open"], "points": [[NOW_MS + 2_000 * n, 7] for n in range(3)], "problem": ""}

    @pytest.mark.parametrize(("since", "count"), [(str(NOW_MS), 2), ("", 3), ("x", 3), ("-1", 3), ("9" * 40, 3)])
    def test_a_page_that_has_some_asks_for_the_rest(self, admin_pages: Client, since: str, count: int) -> None:
        assert len(ask_page(admin_pages, since=since)["points"]) == count

    def test_another_node_is_asked_over_the_cluster(
        self, admin_pages: Client, node: Node, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        asked: list[Any] = []

        def ask(*given: Any, **options: Any) -> Facts:
            asked.append((given, options))
            return {"keys": ["open"], "points": [[5, 1]]}

        monkeypatch.setattr(module, "ask", ask)

        said = ask_page(admin_pages, node=BETA, since="4")

        assert said == {"keys": ["open"], "points": [[5, 1]], "problem": ""}
        options = {"address": ("10.0.0.2", 8002), "timeout_ms": module.ANSWER_WITHIN_MS}
        assert asked == [((settings.IM_CLUSTER, "figures", {"since_ms": 4}), options)]

    def test_a_node_that_does_not_answer_is_a_problem_in_words(
        self, admin_pages: Client, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def ask(*_: Any, **__: Any) -> Facts:
            raise AskFailed("timeout", "10.0.0.2:8002 did not answer in time")

        monkeypatch.setattr(module, "ask", ask)

        assert ask_page(admin_pages, node=BETA) == {"keys": [], "points": [], "problem": "<b>beta does not answer."}

    def test_a_node_that_has_gone_is_said_to(self, admin_pages: Client, node: Node) -> None:
        answer = admin_pages.get(FIGURES_JSON, {"node": f"{9:016x}"})

        assert answer.status_code == 404
        assert "no member of the cluster" in answer.json()["problem"]


@pytest.mark.usefixtures("recorded")
@pytest.mark.django_db(transaction=True)
async def test_a_real_node_answers_another_over_its_sealed_link(
    tmp_path: Path, root: User, async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    await async_client.aforce_login(root)
    async with running(tmp_path, 2) as nodes:
        monkeypatch.setattr(module, "current", lambda: nodes[0])
        settings.IM_CLUSTER = {**settings.IM_CLUSTER, "keys": KEYS}
        answer = await async_client.get(FIGURES_JSON, {"node": node_name(nodes[1].node), "since": str(NOW_MS)})
    await sync_to_async(connections.close_all)()  # the one that views of this loop share

    assert answer.json() == {
        "keys": ["open"],
        "points": [[NOW_MS + 2_000, 7], [NOW_MS + 4_000, 7]],
        "problem": "",
    }


@pytest.mark.parametrize("url", [PAGE, FIGURES_JSON])
class TestAccess:
    def test_an_administrator_of_a_tenant_may_not(self, helper: User, helper_pages: Client, url: str) -> None:
        give_role(helper, TENANT_ADMIN)

        assert helper_pages.get(url).status_code == 403

    def test_nobody_else_gets_past_the_sign_in(self, client: Client, db: None, url: str) -> None:
        answer = client.get(url)

        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("admin:login"))

    def test_it_is_only_for_reading_and_never_cached(self, admin_pages: Client, url: str) -> None:
        assert admin_pages.post(url).status_code == 405
        assert "no-store" in admin_pages.get(url)["Cache-Control"]


def test_the_sidebar_hides_it_from_a_tenants_staff(helper: User, helper_pages: Client) -> None:
    give_role(helper, TENANT_ADMIN)

    assert f'href="{PAGE}"' not in helper_pages.get(reverse("admin:index")).content.decode()
