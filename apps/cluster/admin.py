"""The page of the cluster in the admin, for system administrators: its members and slots, and what can be done to them.

Shows what the node knows that serves the page, and asks the leader how far the members are. Every change is asked
about on a page of its own first, and logged with who wanted it. Not here: what the changes do.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.cluster.operating import AskFailed, KeysRefused, ask
from apps.cluster.services import Cluster, current
from apps.common.errors import ImError

logger = logging.getLogger(__name__)

RANGES_SHOWN: Final = 256
"""Slot ranges on the page; of the rest it says how many there are."""
LEADER_WITHIN_MS: Final = 1_000
"""How long the leader may take to say how far the members are; then this is left open."""
SLOTS: Final = 16_384
FIRST_HUE: Final = 215
"""Blue; red would look like an alarm."""
GOLDEN_ANGLE: Final = 137.5
"""Degrees between the colours of two members: however many there are, neighbours differ."""
REFRESH_S: Final = 3
"""How often an open page asks for news."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that can be done to a member, and what it brings about."""

    title: Promise
    consequences: Promise
    done: Promise
    risky: bool = False


CHANGES: Final = {
    "drain": Change(
        _("Drain"),
        _(
            "Its slots go to the other nodes, a part at a time. It stays a member, and whoever is connected to it "
            "stays connected. This can be undone."
        ),
        _("%(node)s gives up its slots."),
    ),
    "undrain": Change(
        _("Stop draining"),
        _("It gets its share of the slots back, a part at a time."),
        _("%(node)s gets slots again."),
    ),
    "transfer": Change(
        _("Make leader"),
        _("It becomes the leader. Messages go on; decisions of the cluster wait for a moment."),
        _("%(node)s leads."),
    ),
    "remove": Change(
        _("Remove"),
        _(
            "Its slots go to the other nodes, it loses its vote, and its process ends. This cannot be undone: the "
            "machine can join again only as a new node, with an empty cluster folder."
        ),
        _("%(node)s gives up its slots and is then removed."),
        risky=True,
    ),
}

ROLES: Final = {"voter": _("voter"), "learner": _("learner")}
STATUSES: Final = {
    "alive": (_("alive"), "success"),
    "suspect": (_("suspect"), "warning"),
    "dead": (_("dead"), "danger"),
    "left": (_("left"), ""),
}

MEMBER_HEADS: Final = (
    (_("Node"), False),
    (_("Status"), False),
    (_("Role"), False),
    (_("Address"), False),
    (_("Slots"), True),
    (_("Behind"), True),
    (_("Load"), True),
    (_("Version"), True),
    ("", False),
)
RANGE_HEADS: Final = (
    (_("Slots"), False),
    (_("Count"), True),
    (_("Owner"), False),
    (_("Owner before"), False),
    (_("Epoch"), True),
)
CELL: Final = "border-b border-base-200 px-3 py-2 whitespace-nowrap dark:border-base-800"


def may_operate(request: HttpRequest) -> bool:
    """Whether somebody runs the whole installation; staff of a tenant does not, whatever she was granted."""
    return admin.site.has_permission(request) and bool(getattr(request.user, "is_superuser", False))


View = Callable[..., HttpResponseBase]


def for_operators(view: View) -> View:
    """Let in system administrators only; who is not signed in comes by the admin's sign-in page."""

    def checked(request: HttpRequest, **where: str) -> HttpResponseBase:
        if not may_operate(request):
            raise PermissionDenied
        return view(request, **where)

    guarded: View = admin.site.admin_view(never_cache(checked))
    return guarded


def _refreshing(view: View) -> View:
    """The same for pages that refresh themselves: they go to the sign-in page whole."""
    guarded = for_operators(view)

    def entered(request: HttpRequest, **where: str) -> HttpResponseBase:
        if "HX-Request" in request.headers and not may_operate(request):
            return HttpResponse(headers={"HX-Refresh": "true"})
        return guarded(request, **where)

    return entered


@require_http_methods(["GET", "HEAD"])
def show(request: HttpRequest) -> HttpResponseBase:
    """The whole state of the cluster."""
    cluster = current()
    context: Facts = {**admin.site.each_context(request), "title": _("Cluster"), "refresh_s": REFRESH_S}
    if cluster is not None:
        try:
            context |= _page(cluster)
        except ImError as error:
            context["problem"] = error.text
    return TemplateResponse(request, "admin/cluster/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, *, verb: str, node: str) -> HttpResponseBase:
    """Ask whether a change is meant, and make it."""
    cluster = current()
    if cluster is None or verb not in CHANGES:
        raise Http404
    if request.method == "POST":
        _make(request, cluster, verb, node)
        return redirect("cluster:overview")
    try:
        status = async_to_sync(cluster.status)()
    except ImError as error:
        messages.error(request, error.text)
        return redirect("cluster:overview")
    member = next((member for member in status["members"] if member["node"] == node), None)
    if member is None:
        raise Http404
    context = {**admin.site.each_context(request), "title": CHANGES[verb].title, "change": CHANGES[verb]}
    return TemplateResponse(request, "admin/cluster/change.html", {**context, "member": member})


urlpatterns = [
    path("", _refreshing(show), name="overview"),
    path("<slug:verb>/<slug:node>/", _refreshing(change), name="change"),
]


def _make(request: HttpRequest, cluster: Cluster, verb: str, node: str) -> None:
    """Make a change, say what became of it, and log who wanted it."""
    changes: dict[str, Callable[[], Any]] = {
        "drain": lambda: async_to_sync(cluster.drain)(node),
        "undrain": lambda: async_to_sync(cluster.drain)(node, undo=True),
        "transfer": lambda: async_to_sync(cluster.transfer)(node),
        "remove": lambda: async_to_sync(cluster.remove)(node),
    }
    asked = {"by": getattr(request.user, "login", ""), "verb": verb, "node": node}
    try:
        changes[verb]()
    except ImError as error:
        logger.warning("an administrator's change was refused", extra={**asked, "code": error.code})
        messages.error(request, error.text)
    else:
        logger.warning("an administrator changed the cluster", extra=asked)
        messages.success(request, CHANGES[verb].done % {"node": _name_of(cluster, node)})


def _name_of(cluster: Cluster, node: str) -> str:
    view = cluster.view
    found = view.members.get(cluster.find(node)) if view is not None else None
    return found.name if found is not None else node


def _page(cluster: Cluster) -> Facts:
    """Everything the page shows. Raises ClusterUnavailable."""
    status, ranges = async_to_sync(cluster.status)(), async_to_sync(cluster.slots)()
    known = _known_by_leader(cluster, status)
    members = [
        _row(place, member, known)
        for place, member in enumerate(sorted(known["members"], key=itemgetter("name", "node")))
    ]
    hues = {member["name"]: member["hue"] for member in members}
    return {
        "status": status,
        "members": members,
        "alive": sum(member["status"] == "alive" for member in members),
        "ranges": [_range(part, hues) for part in ranges[:RANGES_SHOWN]],
        "ranges_left_out": max(0, len(ranges) - RANGES_SHOWN),
        "member_heads": MEMBER_HEADS,
        "range_heads": RANGE_HEADS,
        "cell": CELL,
    }


def _known_by_leader(cluster: Cluster, status: Facts) -> Facts:
    """What the leader says, who alone knows how far members are; this node's own `status` if it does not answer."""
    address, view = cluster.leader_address(), cluster.view
    if address is None or view is None or view.leader == cluster.node:
        return status
    try:
        said: Facts = ask(settings.IM_CLUSTER, "status", {}, address=address, timeout_ms=LEADER_WITHIN_MS)
    except (AskFailed, KeysRefused, ImError):
        return status
    return said


def _row(place: int, member: Facts, status: Facts) -> Facts:
    label, kind = STATUSES.get(member["status"], (member["status"], ""))
    applied = member.get("applied")
    return {
        **member,
        "leads": _leads(member, status),
        "status_label": label,
        "status_kind": kind,
        "role_label": ROLES.get(member["role"], member["role"]),
        "share": 100 * member["slots"] / SLOTS,
        "behind": None if applied is None else max(0, status["index"] - applied),
        "hue": round(FIRST_HUE + place * GOLDEN_ANGLE) % 360,
        "changes": [(verb, CHANGES[verb]) for verb in _possible(member, status)],
    }


def _range(part: Facts, hues: Mapping[str, int]) -> Facts:
    count = part["last"] - part["first"] + 1
    return {**part, "count": count, "width": f"{100 * count / SLOTS:.3f}", "hue": hues.get(part["owner"])}


def _possible(member: Facts, status: Facts) -> list[str]:
    """What may be done to a member: nothing that would leave the slots without any node."""
    others = [other for other in status["members"] if other["node"] != member["node"]]
    if not status["cluster"] or member["retiring"]:
        return []
    heirs = any(other["status"] == "alive" and not other["draining"] and other.get("weight", 1) for other in others)
    verbs = {
        "undrain": member["draining"],
        "drain": heirs and not member["draining"],
        "transfer": member["role"] == "voter" and member["status"] == "alive" and not _leads(member, status),
        "remove": heirs,
    }
    return [verb for verb, holds in verbs.items() if holds]


def _leads(member: Facts, status: Facts) -> bool:
    return bool(status["leader"]) and member["name"] == status["leader"]
