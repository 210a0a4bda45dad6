"""`loadtest` against a real node: every scenario in small, the verdict, the files it writes."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.loadtest.result import Result, read_result, write_result
from apps.loadtest.scenario import known_scenarios
from imsite.env import ROOT
from imsite.management.commands import loadtest
from imsite.management.commands.loadtest import Progress, commit_of
from tests.imsite.serving.node_process import NodeProcess, running_node
from tests.loadtest.results import FAILED, SCENARIO, recording, result

SESSIONS = 24
SMALL = {
    "--sessions": SESSIONS,
    "--duration": 1.5,
    "--warm-up": 0.2,
    "--settle": 20,
    "--heartbeat": 1,
    "--conversations": 1,
    "--rate": 20,
    "--processes": 2,
}
"""Few sessions for a moment: what is shown here is that each scenario works, not how fast anything is."""


@pytest.fixture
def tokens(transactional_db: None, tmp_path: Path) -> Path:
    path = tmp_path / "tokens.json"
    call_command("seed_load", users=SESSIONS, sizes=[10, 24], tokens=path, stdout=io.StringIO())
    return path


@pytest.fixture
def node(tokens: Path, tmp_path: Path) -> Iterator[NodeProcess]:
    with running_node("uvicorn", tmp_path) as running:
        yield running


def loaded(scenario: str, node: NodeProcess, tokens: Path, *more: str) -> tuple[Result, str]:
    """Run a scenario in small; its result and what was said."""
    out, path = io.StringIO(), tokens.with_name(f"{Path(scenario).stem}.json")
    options = [str(part) for pair in SMALL.items() for part in pair]
    where = ["--url", node.socket_url(node.ws_port), "--tokens", str(tokens), "--json", str(path)]
    call_command("loadtest", scenario, *where, *options, *more, stdout=out, stderr=io.StringIO())
    return read_result(path), out.getvalue()


@pytest.mark.processes
def test_every_scenario_passes_against_a_real_node(node: NodeProcess, tokens: Path) -> None:
    names = [name for name in known_scenarios() if name not in {"group", "slow_readers", "mixed_day"}]
    results = {name: loaded(name, node, tokens)[0] for name in [*names, "group10"]}

    assert {name: done.verdict.faults for name, done in results.items()} == {name: [] for name in results}
    assert all(done.verdict.open_at_end == SESSIONS for done in results.values())
    assert all(done.verdict.acked > 0 for done in results.values() if done.scenario.traffic)
    assert results["idle"].figures["heartbeat_p99_ms"] > 0
    assert results["room"].figures["delivered_per_s"] > results["room"].figures["acked_per_s"]
    assert [event["kind"] for event in results["reconnect_storm"].events] == ["drop"]


@pytest.mark.processes
def test_slow_readers_and_a_mixed_day_pass_and_are_reported(node: NodeProcess, tokens: Path) -> None:
    page = tokens.with_name("report.html")
    own = tokens.with_name("own.yaml")
    text = (ROOT / "apps/loadtest/scenarios/slow_readers.yaml").read_text(encoding="utf-8")
    own.write_text(text.replace("size: 200", "size: 10"), encoding="utf-8")
    day = tokens.with_name("day.yaml")
    text = (ROOT / "apps/loadtest/scenarios/mixed_day.yaml").read_text(encoding="utf-8")
    day.write_text(text.replace("size: 200", "size: 24"), encoding="utf-8")

    slow, said = loaded(str(own), node, tokens, "--html", str(page), "--language", "zh")
    mixed, _said = loaded(str(day), node, tokens)

    assert (slow.verdict.faults, mixed.verdict.faults) == ([], [])
    assert len(mixed.scenario.traffic) == 3
    assert "通过" in said
    assert "慢速读者" in page.read_text(encoding="utf-8")


def test_a_broken_promise_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loadtest, "prepare", lambda _options: type("Ready", (), {"advice": ()}))
    monkeypatch.setattr(loadtest, "launch", lambda _prepared, _show: result(FAILED))
    out = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("loadtest", "idle", stdout=out)

    assert ended.value.code == 1
    assert "failed: lost" in out.getvalue()


def test_a_run_that_is_interrupted_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loadtest, "prepare", interrupted)

    with pytest.raises(CommandError, match="interrupted"):
        call_command("loadtest", "idle")


def test_two_results_are_compared(tmp_path: Path) -> None:
    first, second, out = tmp_path / "a.json", tmp_path / "b.json", io.StringIO()
    write_result(result(figures={"errors": 2.0}), first)
    write_result(result(figures={"errors": 1.0}), second)

    table, page = tmp_path / "c" / "table.json", tmp_path / "c" / "page.html"
    call_command("loadtest", "compare", str(first), str(second), language="en", json=table, html=page, stdout=out)

    assert "| errors | 2 | 1 | 0.50 |" in out.getvalue()
    assert json.loads(table.read_text(encoding="utf-8"))[1] == ["errors", "2", "1", "0.50"]
    assert "<td>0.50</td>" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["compare", "a.json"], "needs two results"),
        (["nothing"], "no scenario is named nothing"),
        (["idle", "--tokens", "/nowhere/tokens"], "cannot be used"),
        (["idle", "--url", "http://x/"], "no WebSocket address"),
        (["compare", "/nowhere/a.json", "/nowhere/b.json"], "no result of a load test"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: list[str], text: str) -> None:
    with pytest.raises(CommandError, match=text):
        call_command("loadtest", *arguments, language="en")


class Terminal(io.StringIO):
    def __init__(self, *, live: bool) -> None:
        super().__init__()
        self.live = live

    def isatty(self) -> bool:
        return self.live

    def write(self, text: str, ending: str = "\n") -> int:
        return super().write(text + ending)


@pytest.mark.parametrize(("live", "returns", "lines"), [(True, 2, 1), (False, 0, 2)])
def test_progress_is_one_line_at_a_terminal_and_many_elsewhere(live: bool, returns: int, lines: int) -> None:
    out = Terminal(live=live)
    progress = Progress(out, "en")

    for point in recording().points:
        progress.show(point, SCENARIO)
    progress.end()

    assert out.getvalue().count("\r") == returns
    assert out.getvalue().count("\n") == lines


def test_the_commit_is_read_from_a_checkout(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    (git / "refs").mkdir(parents=True)
    (git / "refs" / "main").write_text("0123456789abcdef\n")
    (git / "HEAD").write_text("ref: refs/main\n")
    on_branch = commit_of(tmp_path)
    (git / "HEAD").write_text("fedcba9876543210\n")

    assert (on_branch, commit_of(tmp_path)) == ("0123456789ab", "fedcba987654")
    assert commit_of(tmp_path / "elsewhere") == ""
