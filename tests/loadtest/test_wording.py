"""Names and lines in words."""

import msgspec
import pytest

from apps.loadtest import errors
from apps.loadtest.machine import Advice
from apps.loadtest.wording import (
    advice_line,
    duration_name,
    error_line,
    event_name,
    fault_name,
    figure_name,
    figure_rows,
    phase_name,
    progress_line,
    verdict_line,
)
from tests.loadtest.results import FAILED, PASSED, SCENARIO, recording


def test_progress_says_what_there_is_to_say() -> None:
    connecting, measuring = recording().points

    assert progress_line("en", connecting, SCENARIO) == (
        "1 s connecting: 10 of 10 open, 0 connecting; p99 sign-in 5.0 ms; 2 errors; server 0.00 cores, 4 MB"
    )
    assert "100 sent, 100 acknowledged, 100 delivered per s; p99 send to receive" in progress_line(
        "en", measuring, SCENARIO
    )
    assert "测量" in progress_line("zh", measuring, SCENARIO)


def test_progress_of_nothing_is_short() -> None:
    point = msgspec.structs.replace(recording().points[0], counts={}, durations={}, server_rss_bytes=0)

    assert progress_line("en", point, SCENARIO) == "1 s connecting: 10 of 10 open, 0 connecting"


def test_the_verdict_is_one_line() -> None:
    assert verdict_line("en", PASSED).startswith("passed: 100 acknowledged messages in 3 conversations")
    assert verdict_line("en", FAILED) == "failed: lost ×1"
    assert verdict_line("zh", FAILED) == "未通过：丢失 ×1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acked_per_s", "messages acknowledged per s"),
        ("ack_p99_ms", "send to ack p99, ms"),
        ("ack_max_ms", "send to ack highest, ms"),
        ("client_lag_p50_ms", "lateness of the load test itself p50, ms"),
        ("novelty", "novelty"),
    ],
)
def test_figures_have_names(name: str, expected: str) -> None:
    assert figure_name("en", name) == expected


def test_values_are_readable() -> None:
    assert figure_rows("en", {"errors": 12345.0}) == [("errors", "12,345")]


def test_what_a_later_version_invents_keeps_its_name() -> None:
    names = [
        phase_name("en", "x"),
        duration_name("en", "x"),
        fault_name("en", "x"),
        event_name("en", "x"),
        figure_name("en", "x"),
    ]

    assert set(names) == {"x"}
    assert event_name("zh", "kill") == "杀死进程"


def test_advice_says_what_to_type() -> None:
    advice = Advice("net.core.somaxconn", 128, 4096)

    assert advice_line("en", advice).endswith("sysctl -w net.core.somaxconn=4096")


@pytest.mark.parametrize(
    "error",
    [
        errors.ScenarioUnknown(name="n", known="k"),
        errors.ScenarioInvalid(name="n", reason="r"),
        errors.TokensUnreadable(path="p", reason="r"),
        errors.TooFewUsers(what="w", wanted=2, found=1),
        errors.MachineTooSmall(limit="l", wanted=2, found=1),
        errors.AddressInvalid(url="u"),
        errors.WorkerFailed(worker=1, reason="r"),
        errors.ResultUnreadable(path="p", reason="r"),
    ],
)
def test_every_error_has_words(error: errors.LoadTestError) -> None:
    assert error.code not in error_line("en", error)
    assert error_line("en", error) != error_line("zh", error)
    assert all(str(value) in error_line("en", error) for value in error.fields.values())


def test_an_error_without_words_is_shown_as_it_is() -> None:
    assert error_line("en", errors.LoadTestError(x=1)) == "loadtest_error: x=1"
