"""Where the page finds the server: the WebSocket addresses for whoever asked, and the scripts to load early."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.templatetags.static import static

from apps.cluster import services as cluster_services
from apps.wire.frames import PATH


def websocket_url(request: HttpRequest) -> str:
    """The preferred WebSocket address: the configured one, or the WebSocket port of the host that was asked."""
    if settings.IM_PUBLIC_WS_URL:
        return str(settings.IM_PUBLIC_WS_URL)
    host, _ = split_domain_port(request.get_host())
    return f"{_scheme(request)}://{host}:{settings.IM_WS_PORT}{PATH}"


def same_origin_websocket_url(request: HttpRequest) -> str:
    """The WebSocket address on the port of the page itself: what the page falls back to."""
    return f"{_scheme(request)}://{request.get_host()}{PATH}"


def websocket_urls(request: HttpRequest) -> list[str]:
    """Every address to try, in this order: this node's two, then those of other living nodes of the cluster.

    A page that came by https may use `wss:` only, so it is not told of others.
    """
    own = [websocket_url(request), same_origin_websocket_url(request)]
    cluster = cluster_services.current()
    known = () if cluster is None else cluster.entrances()
    others = [url for url in known if url.startswith("wss:") or not request.is_secure()]
    return list(dict.fromkeys([*own, *others]))


@cache
def script_paths() -> tuple[str, ...]:
    """Paths below `static/` of the page's modules, so that the browser fetches them all at once, not level by level."""
    root = Path(str(finders.find("js/app/main.js"))).parents[2]
    modules = [path for folder in ("app", "sdk", "i18n") for path in sorted((root / "js" / folder).glob("*.js"))]
    return tuple(path.relative_to(root).as_posix() for path in modules)


def script_urls() -> list[str]:
    """Addresses of those modules."""
    return [static(path) for path in script_paths()]


def _scheme(request: HttpRequest) -> str:
    return "wss" if request.is_secure() else "ws"
