from types import SimpleNamespace

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from apps.cluster import services as cluster_services
from apps.webclient.addresses import (
    same_origin_websocket_url,
    script_paths,
    script_urls,
    websocket_url,
    websocket_urls,
)


def test_the_socket_has_its_own_port_on_the_host_that_was_asked(settings: Settings) -> None:
    settings.IM_WS_PORT = 8001
    settings.IM_PUBLIC_WS_URL = ""

    request = RequestFactory().get("/chat/", headers={"host": "chat.test:8000"})

    assert websocket_url(request) == "ws://chat.test:8001/ws/v1"
    assert same_origin_websocket_url(request) == "ws://chat.test:8000/ws/v1"


def test_a_secure_page_gets_secure_sockets(settings: Settings) -> None:
    settings.IM_WS_PORT = 8001
    settings.IM_PUBLIC_WS_URL = ""

    request = RequestFactory().get("/chat/", secure=True, headers={"host": "[::1]"})

    assert websocket_url(request) == "wss://[::1]:8001/ws/v1"
    assert same_origin_websocket_url(request) == "wss://[::1]/ws/v1"


def test_a_configured_address_wins(settings: Settings) -> None:
    settings.IM_PUBLIC_WS_URL = "wss://sockets.test/ws/v1"

    assert websocket_url(RequestFactory().get("/chat/")) == "wss://sockets.test/ws/v1"


@pytest.mark.parametrize(
    ("secure", "others"), [(False, ["ws://n2.test/ws/v1", "wss://n3.test/ws/v1"]), (True, ["wss://n3.test/ws/v1"])]
)
def test_the_nodes_of_the_cluster_follow_this_one_as_far_as_the_page_may_use_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, secure: bool, others: list[str]
) -> None:
    settings.IM_PUBLIC_WS_URL = "wss://n1.test/ws/v1"
    known = ("wss://n1.test/ws/v1", "ws://n2.test/ws/v1", "wss://n3.test/ws/v1")
    monkeypatch.setattr(cluster_services, "current", lambda: SimpleNamespace(entrances=lambda: known))

    urls = websocket_urls(RequestFactory().get("/chat/", secure=secure, headers={"host": "n1.test"}))

    same_origin = [] if secure else ["ws://n1.test/ws/v1"]
    assert urls == ["wss://n1.test/ws/v1", *same_origin, *others]


def test_a_node_of_its_own_has_two_doors_or_one(settings: Settings) -> None:
    settings.IM_WS_PORT = 8001
    settings.IM_PUBLIC_WS_URL = ""
    request = RequestFactory().get("/chat/", headers={"host": "chat.test:8000"})
    behind_proxy = RequestFactory().get("/chat/", headers={"host": "chat.test"})

    two = websocket_urls(request)
    settings.IM_PUBLIC_WS_URL = "ws://chat.test/ws/v1"

    assert two == ["ws://chat.test:8001/ws/v1", "ws://chat.test:8000/ws/v1"]
    assert websocket_urls(behind_proxy) == ["ws://chat.test/ws/v1"]


def test_every_module_of_the_page_is_named_and_nothing_else() -> None:
    paths = script_paths()

    assert {"js/app/main.js", "js/sdk/client.js", "js/i18n/zh.js"} <= set(paths)
    assert all(path.endswith(".js") for path in paths)
    assert len(paths) == len(set(paths)) == len(script_urls())
