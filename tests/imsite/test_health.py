"""Whoever watches over a node learns that it answers, by whatever name or address she asks."""

import pytest
from django.test import Client
from pytest_django import Settings

from apps.cluster import services


def test_a_load_balancer_learns_that_the_process_answers(client: Client) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


@pytest.mark.parametrize("lack", ["", "no_cluster", "no_leader"])
def test_people_are_sent_only_to_a_node_that_has_its_place(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lack: str
) -> None:
    monkeypatch.setattr(services, "lack", lambda: lack)

    ready, alive = client.get("/readyz"), client.get("/healthz")

    assert (ready.status_code, ready.json()) == ((503, {"status": lack}) if lack else (200, {"status": "ok"}))
    assert alive.status_code == 200
    assert caplog.records == []


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/readyz", 200), ("/chat/", 400)])
def test_only_that_is_told_under_a_name_of_nobodys(client: Client, settings: Settings, path: str, status: int) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.com"]

    response = client.get(path, headers={"host": "10.0.0.7:8000"})

    assert response.status_code == status
