"""Which figures the live page of the admin shows, how each is worked out, and in which unit.

Every node follows the same ones, so that any node can show any other's. Not here: the page.
"""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.metrics import Track

MS: Final = 1_000
KB: Final = 1e-3
MB: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Figure:
    """A card of the page: a title, a unit, and one or more lines, the first of which is its big number."""

    title: Promise
    unit: str
    lines: tuple[tuple[Promise, Track], ...]
    digits: int = 0


FIGURES: Final = (
    Figure(
        _("Sessions"),
        "",
        (
            (_("signed in"), Track("sessions", "im_gateway_sessions", "value")),
            (_("connections"), Track("connections", "im_gateway_connections", "value")),
        ),
    ),
    Figure(
        _("Messages stored"),
        "/s",
        ((_("messages"), Track("stored", "im_store_wait_seconds", "rate")),),
        digits=1,
    ),
    Figure(
        _("From queue to commit"),
        "ms",
        (
            (_("99 % within"), Track("wait_p99", "im_store_wait_seconds", "p99", MS)),
            (_("half within"), Track("wait_p50", "im_store_wait_seconds", "p50", MS)),
        ),
        digits=1,
    ),
    Figure(
        _("Messages per commit"),
        "",
        ((_("average"), Track("batch", "im_store_batch_messages", "mean")),),
        digits=1,
    ),
    Figure(
        _("Duration of a commit"),
        "ms",
        (
            (_("99 % within"), Track("commit_p99", "im_store_commit_seconds", "p99", MS)),
            (_("half within"), Track("commit_p50", "im_store_commit_seconds", "p50", MS)),
        ),
        digits=1,
    ),
    Figure(
        _("Frames received"),
        "/s",
        (
            (_("all"), Track("frames", "im_gateway_frames_total", "rate")),
            (_("heartbeats"), Track("heartbeats", "im_gateway_frames_total", "rate", label=("op", "heartbeat"))),
        ),
        digits=1,
    ),
    Figure(
        _("Pushes to sessions"),
        "/s",
        ((_("frames"), Track("pushes", "im_gateway_pushes_total", "rate")),),
        digits=1,
    ),
    Figure(
        _("Members told per event"),
        "",
        ((_("average"), Track("width", "im_fanout_groups", "mean", label=("what", "event"))),),
        digits=1,
    ),
    Figure(
        _("Sign-ins and refusals"),
        "/s",
        (
            (_("sign-ins"), Track("sign_ins", "im_gateway_sign_in_seconds", "rate")),
            (_("refusals"), Track("refusals", "im_gateway_refusals_total", "rate")),
        ),
        digits=1,
    ),
    Figure(
        _("Sockets opened and closed"),
        "/s",
        (
            (_("opened"), Track("opened", "im_edge_accepted_total", "rate")),
            (_("closed by this node"), Track("closes", "im_gateway_closes_total", "rate")),
        ),
        digits=1,
    ),
    Figure(
        _("Traffic of sockets"),
        "kB/s",
        (
            (_("received"), Track("bytes_in", "im_edge_bytes_in_total", "rate", KB)),
            (_("sent"), Track("bytes_out", "im_edge_bytes_out_total", "rate", KB)),
        ),
        digits=1,
    ),
    Figure(
        _("Waiting"),
        "",
        (
            (_("messages for their commit"), Track("queued", "im_store_queued_messages", "value")),
            (_("commits to be told"), Track("untold", "im_fanout_queued_batches", "value")),
            (_("positions to be written"), Track("cursors", "im_cursors_pending", "value")),
        ),
    ),
    Figure(
        _("Delay of the event loop"),
        "ms",
        (
            (_("99 % within"), Track("lag_p99", "im_loop_lag_seconds", "p99", MS)),
            (_("average"), Track("lag_mean", "im_loop_lag_seconds", "mean", MS)),
        ),
        digits=1,
    ),
    Figure(
        _("Pauses for garbage collection"),
        "ms",
        ((_("99 % within"), Track("gc_p99", "im_gc_pause_seconds", "p99", MS)),),
        digits=1,
    ),
    Figure(
        _("Database connections"),
        "",
        (
            (_("in use"), Track("db_used", "im_database_connections_in_use", "value")),
            (_("waiting for one"), Track("db_waiting", "im_database_waiting", "value")),
        ),
    ),
    Figure(
        _("Cluster"),
        "",
        (
            (_("nodes alive"), Track("alive", "cluster_nodes_alive", "value")),
            (_("slots of this node"), Track("slots", "cluster_slots_owned", "value")),
        ),
    ),
    Figure(
        _("Memory"),
        "MB",
        ((_("of this process"), Track("memory", "im_process_resident_bytes", "value", MB)),),
    ),
    Figure(
        _("Processor"),
        "%",
        ((_("of one core"), Track("cpu", "im_process_cpu_seconds_total", "rate", 100)),),
        digits=1,
    ),
)

TRACKS: Final = tuple(track for figure in FIGURES for _label, track in figure.lines)
