"""JSON holds what was measured."""

import json

from apps.metrics.adapters.plain import plain
from tests.metrics.snapshots import filled


def test_every_metric_is_there_with_its_kind_and_labels() -> None:
    told = {metric["name"]: metric for metric in json.loads(json.dumps(plain(filled().snapshot())))}

    assert told["im_open"] == {
        "name": "im_open",
        "kind": "gauge",
        "help": "Connections.",
        "samples": [{"labels": {}, "value": 7.5}],
    }
    assert told["im_frames_total"]["kind"] == "counter"
    assert told["im_frames_total"]["samples"] == [{"labels": {"op": 'se"nd'}, "value": 2}]


def test_histograms_have_cumulative_buckets_and_the_last_has_no_bound() -> None:
    told = {metric["name"]: metric for metric in plain(filled().snapshot())}

    assert told["im_wait_seconds"]["samples"] == [
        {
            "labels": {"way": "in"},
            "count": 4,
            "sum": 5.75,
            "buckets": [
                {"at_most": 0.5, "count": 1},
                {"at_most": 1.0, "count": 3},
                {"at_most": None, "count": 4},
            ],
        }
    ]
