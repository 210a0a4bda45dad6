"""The live page of the admin: the last five minutes of every figure, of this node or any other, for system
administrators. It asks for news every two seconds; another node is asked over the cluster's own sealed links.

Not here: which figures there are, and how they are recorded.
"""

from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.cluster.admin import for_operators
from apps.cluster.operating import AskFailed, KeysRefused, ask
from apps.cluster.services import current
from apps.common.errors import ImError
from apps.metrics import HISTORY
from imsite.operating.figures import FIGURES

REFRESH_MS: Final = 2_000
"""How often an open page asks for news: as often as there are any."""
ANSWER_WITHIN_MS: Final = 1_500
"""How long another node may take to answer; then the page says so and asks again."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """A node whose figures can be asked for. This process is the one without an address."""

    id: str
    name: str
    address: tuple[str, int] | None = None


@require_safe
def show(request: HttpRequest) -> HttpResponseBase:
    """The page, without any figure: it asks for them itself."""
    nodes = _nodes()
    chosen = _chosen(request, nodes)
    context = {
        **admin.site.each_context(request),
        "title": _("Live figures"),
        "figures": FIGURES,
        "nodes": nodes,
        "chosen": chosen or Node(request.GET.get("node", ""), ""),
        "refresh_ms": REFRESH_MS,
    }
    return TemplateResponse(request, "admin/monitor/overview.html", context)


@require_safe
def tell(request: HttpRequest) -> HttpResponseBase:
    """The points of one node since a time, as JSON; `problem` says in words why there are none."""
    since_ms = request.GET.get("since", "")
    node = _chosen(request, _nodes())
    if node is None:
        return JsonResponse({"problem": _("This node is no member of the cluster any more.")}, status=404)
    return JsonResponse(_points(node, int(since_ms) if since_ms.isdecimal() and len(since_ms) < 16 else 0))


urlpatterns = [
    path("", for_operators(show), name="overview"),
    path("figures.json", for_operators(tell), name="figures"),
]


def _nodes() -> list[Node]:
    """This process first, then the members of its cluster by name."""
    cluster = current()
    if cluster is None:
        return [Node("", settings.IM_CLUSTER["name"])]
    try:
        status = async_to_sync(cluster.status)()
    except ImError:
        return [Node("", cluster.name)]
    others = [
        Node(member["node"], member["name"], _address(member["address"]))
        for member in sorted(status["members"], key=itemgetter("name", "node"))
        if member["node"] != status["node"]
    ]
    return [Node("", status["name"]), *others]


def _address(text: str) -> tuple[str, int]:
    host, _colon, port = text.rpartition(":")
    return host, int(port)


def _chosen(request: HttpRequest, nodes: list[Node]) -> Node | None:
    wanted = request.GET.get("node", "")
    return next((node for node in nodes if node.id == wanted), None)


def _points(node: Node, since_ms: int) -> Facts:
    if node.address is None:
        return {**HISTORY.since(since_ms), "problem": ""}
    try:
        said: Facts = ask(
            settings.IM_CLUSTER,
            "figures",
            {"since_ms": since_ms},
            address=node.address,
            timeout_ms=ANSWER_WITHIN_MS,
        )
    except (AskFailed, KeysRefused, ImError):
        return {"keys": [], "points": [], "problem": _("%(node)s does not answer.") % {"node": node.name}}
    return {**said, "problem": ""}
