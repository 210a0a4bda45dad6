"""Whatever asks in a format of Prometheus or OpenMetrics reads exactly what was measured."""

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from apps.metrics.adapters.openmetrics import expose
from tests.metrics.snapshots import filled

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def samples(families: list[Metric]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize("accept", ["", "text/plain", "*/*", OPENMETRICS, f"{OPENMETRICS};q=0.8,text/plain;q=0.5"])
def test_every_value_is_read_back(accept: str) -> None:
    data, content_type = expose(filled().snapshot(), accept)

    read = read_openmetrics if content_type.startswith("application/openmetrics-text") else read_prometheus
    found = samples(list(read(data.decode())))
    assert found["im_sent_total", ()] == 3
    assert found["im_frames_total", (("op", 'se"nd'),)] == 2
    assert found["im_open", ()] == 7.5
    assert found["im_wait_seconds_bucket", (("le", "0.5"), ("way", "in"))] == 1
    assert found["im_wait_seconds_bucket", (("le", "1.0"), ("way", "in"))] == 3
    assert found["im_wait_seconds_bucket", (("le", "+Inf"), ("way", "in"))] == 4
    assert found["im_wait_seconds_count", (("way", "in"),)] == 4
    assert found["im_wait_seconds_sum", (("way", "in"),)] == 5.75


def test_who_does_not_ask_for_another_gets_what_everybody_reads() -> None:
    data, content_type = expose(filled().snapshot())

    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert b"# HELP im_sent_total Messages sent.\n# TYPE im_sent_total counter\nim_sent_total 3.0\n" in data


def test_who_asks_for_openmetrics_gets_it_with_its_end() -> None:
    data, content_type = expose(filled().snapshot(), OPENMETRICS)

    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert data.endswith(b"# EOF\n")


def test_nothing_measured_is_an_empty_text() -> None:
    assert expose([])[0] == b""
