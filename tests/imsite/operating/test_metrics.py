"""Monitoring may read the figures of a node: from the machine itself, or from anywhere with the token."""

from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient, Client
from pytest_django import Settings

from apps.cluster.runtime.errors import ClusterUnavailable
from apps.metrics import REGISTRY
from tests.cluster.live import running

TOKEN = "a token of many letters"


def code(client: Client, **extra: Any) -> int:
    return client.get("/metrics", **extra).status_code


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_the_machine_itself_may_read_under_any_name(client: Client, settings: Settings, address: str) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.com"]

    response = client.get("/metrics", REMOTE_ADDR=address, headers={"host": "10.0.0.7:8000"})

    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "imsite_cluster_node 0.0\n" in response.content.decode()


@pytest.mark.parametrize("address", ["10.0.0.7", "::ffff:10.0.0.7", "2001:db8::1", "", "x"])
def test_others_may_not(client: Client, address: str) -> None:
    assert code(client, REMOTE_ADDR=address) == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_who_comes_through_a_proxy_of_this_machine_is_not_this_machine(client: Client, header: str) -> None:
    assert code(client, headers={header: "127.0.0.1"}) == 403


@pytest.mark.parametrize(
    ("given", "status"), [(f"Bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 403), ("Bearer ", 403), ("Bearer", 403)]
)
def test_the_token_opens_from_anywhere(client: Client, settings: Settings, given: str, status: int) -> None:
    settings.IM_METRICS_TOKEN = TOKEN

    assert code(client, REMOTE_ADDR="10.0.0.7", headers={"authorization": given}) == status


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer"])
def test_without_a_token_nothing_opens_from_elsewhere(client: Client, given: str) -> None:
    assert code(client, REMOTE_ADDR="10.0.0.7", headers={"authorization": given}) == 403


def test_openmetrics_is_told_to_whoever_asks_for_it(client: Client) -> None:
    response = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert response["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert response.content.endswith(b"# EOF\n")


def test_json_says_the_same(client: Client) -> None:
    text = client.get("/metrics").content.decode()

    said = client.get("/metrics.json").json()

    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {metric["name"] for metric in said["metrics"]} == names
    assert said["time"] > 1_700_000_000_000


def test_json_is_no_more_open_than_text(client: Client) -> None:
    assert client.get("/metrics.json", REMOTE_ADDR="10.0.0.7").status_code == 403
    assert client.get("/metrics.json", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 403


def test_a_node_in_trouble_still_tells_what_else_it_knows(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Troubled:
        async def status(self) -> None:
            raise ClusterUnavailable(reason="stopped")

    monkeypatch.setattr("imsite.operating.monitoring.current", Troubled)
    REGISTRY.gauge("im_test_trouble", "Something else.").set(5)

    text = client.get("/metrics").content.decode()

    assert "imsite_cluster_answers 0.0\n" in text
    assert "im_test_trouble 5.0\n" in text


@pytest.mark.parametrize("path", ["/metricsx", "/metrics/", "/metrics.js"])
def test_other_paths_are_left_alone(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


async def test_a_node_tells_its_figures(
    tmp_path: Path, async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, 1) as nodes:
        monkeypatch.setattr("imsite.operating.monitoring.current", lambda: nodes[0])
        response = await async_client.get("/metrics")

    text = response.content.decode()
    assert "imsite_cluster_leads 1.0\n" in text
    assert 'imsite_cluster_member_slots{member="n0"' in text
