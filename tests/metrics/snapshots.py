"""A registry with one of everything, for those who tell it on."""

from apps.metrics.registry import Registry


def filled() -> Registry:
    registry = Registry()
    registry.counter("im_sent_total", "Messages sent.").add(3)
    registry.counter("im_frames_total", "Frames received.", ("op",)).add(2, op='se"nd')
    registry.gauge("im_open", "Connections.").set(7.5)
    waits = registry.histogram("im_wait_seconds", "Waits.", ("way",), buckets=(0.5, 1.0))
    for value in (0.25, 0.75, 0.75, 4.0):
        waits.observe(value, way="in")
    return registry
