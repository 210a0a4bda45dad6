"""One small way to measure: counters, gauges, histograms and observed values that all code of a process shares.

Whoever measures declares an instrument at the top of its module and knows no monitoring system. Adapters (OpenMetrics,
OTLP, StatsD, JSON) take a snapshot when they are asked or due, so a message pays for an addition and nothing else.
"""

from apps.metrics.families import SECONDS, SIZES, Distribution, Family, Kind
from apps.metrics.history import History, Track
from apps.metrics.registry import MetricConflict, Registry

REGISTRY = Registry()
HISTORY = History()
counter = REGISTRY.counter
gauge = REGISTRY.gauge
histogram = REGISTRY.histogram
observe_gauge = REGISTRY.observe_gauge
observe_counter = REGISTRY.observe_counter

__all__ = [
    "HISTORY",
    "REGISTRY",
    "SECONDS",
    "SIZES",
    "Distribution",
    "Family",
    "History",
    "Kind",
    "MetricConflict",
    "Registry",
    "Track",
    "counter",
    "gauge",
    "histogram",
    "observe_counter",
    "observe_gauge",
]
