"""`manage.py loadtest SCENARIO`: put load on a running installation and judge what came of it.

`manage.py loadtest compare A.json B.json` puts two results side by side. Not here: everything that does it.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.loadtest.comparing import as_page, as_text, comparison
from apps.loadtest.errors import LoadTestError
from apps.loadtest.launching import Options, launch, prepare
from apps.loadtest.recording import Point
from apps.loadtest.report import html_report
from apps.loadtest.result import Result, read_result, write_result
from apps.loadtest.scenario import Scenario, known_scenarios
from apps.loadtest.texts import Language
from apps.loadtest.wording import advice_line, error_line, figure_rows, progress_line, verdict_line
from imsite.env import ROOT, read_environment
from imsite.phrases import CHINESE, language, padded, phrase, width

COMPARE: Final = "compare"
SCENARIO_OPTIONS: Final = ("sessions", "connect_per_s", "heartbeat_s", "warm_up_s", "duration_s", "settle_s")
FAILED: Final = 1


class Command(BaseCommand):
    """Parse, run, show."""

    help = phrase("Put load on a running installation, by one of its scenarios or your own, and judge it.")
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """A scenario and what to change about it."""
        parser.add_argument("scenario", metavar="SCENARIO", help=", ".join([*known_scenarios(), "groupN", COMPARE]))
        parser.add_argument("files", type=Path, nargs="*", metavar="JSON", help=phrase("compare: the two results"))
        add = parser.add_argument_group(phrase("where and who")).add_argument
        add("--url", action="append", default=[], help=phrase("WebSocket address of a node; may be repeated"))
        add("--tokens", type=Path, default=Path("load-tokens.json"), metavar="FILE", help=phrase("file of seed_load"))
        add("--source", action="append", default=[], metavar="ADDRESS", help=phrase("own address to connect from"))
        add("--processes", type=int, help=phrase("processes of the load test; default: as many as needed"))
        add("--server-pid", type=int, action="append", default=[], metavar="PID", help=phrase("process to observe"))
        add("--kill-pid", type=int, action="append", default=[], metavar="PID", help=phrase("process to kill"))
        change = parser.add_argument_group(phrase("instead of what the scenario says")).add_argument
        change("--sessions", type=int, help=phrase("how many sessions"))
        change("--connect-rate", type=float, dest="connect_per_s", help=phrase("new sessions per second, 0: no limit"))
        change("--heartbeat", type=float, dest="heartbeat_s", help=phrase("seconds between heartbeats"))
        change("--warm-up", type=float, dest="warm_up_s", help=phrase("seconds of traffic before measuring"))
        change("--duration", type=float, dest="duration_s", help=phrase("seconds of measuring"))
        change("--settle", type=float, dest="settle_s", help=phrase("seconds that the last answers may take"))
        change("--rate", type=float, dest="rate_per_s", help=phrase("messages per second, 0: one after the other"))
        change("--conversations", type=int, help=phrase("how many conversations, 0: all"))
        change("--text-bytes", type=int, help=phrase("length of each message"))
        change("--redirect", action="store_true", default=None, help=phrase("let nodes send sessions to each other"))
        show = parser.add_argument_group(phrase("results")).add_argument
        show("--json", type=Path, metavar="FILE", help=phrase("write the result there"))
        show("--html", type=Path, metavar="FILE", help=phrase("write a report there"))
        show("--durability", default="", help=phrase("what to state about the database's durability"))
        show("--language", choices=["en", "zh"], help=phrase("language of progress and report"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, show, and exit with 1 when a promise was broken."""
        speech: Language = options["language"] or ("zh" if language() == CHINESE else "en")
        try:
            if options["scenario"] == COMPARE:
                self._compare(options, speech)
            elif not self._run(options, speech):
                sys.exit(FAILED)
        except LoadTestError as error:
            raise CommandError(error_line(speech, error)) from error
        except KeyboardInterrupt:
            raise CommandError(phrase("interrupted: there is no result")) from None

    def _compare(self, options: dict[str, Any], speech: Language) -> None:
        if len(options["files"]) != 2:
            raise CommandError(phrase("compare needs two results: manage.py loadtest compare A.json B.json"))
        before, after = (read_result(path) for path in options["files"])
        rows = comparison(before, after, speech)
        self.stdout.write(as_text(rows))
        if options["json"]:
            _write(options["json"], json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        if options["html"]:
            _write(options["html"], as_page(before, after, speech))

    def _run(self, options: dict[str, Any], speech: Language) -> bool:
        prepared = prepare(_chosen(options))
        for advice in prepared.advice:
            self.stderr.write(advice_line(speech, advice))
        progress = Progress(self.stdout, speech)
        result = launch(prepared, progress.show)
        progress.end()
        self._show(result, speech)
        if options["json"]:
            write_result(result, options["json"])
        if options["html"]:
            _write(options["html"], html_report(result, speech))
        return result.verdict.passed

    def _show(self, result: Result, speech: Language) -> None:
        rows = figure_rows(speech, result.figures)
        columns = max(width(name) for name, _value in rows)
        for name, value in rows:
            self.stdout.write(f"{padded(name, columns)}  {value}")
        self.stdout.write(verdict_line(speech, result.verdict))


class Progress:
    """One line that is written over at a terminal; anywhere else a line per second."""

    def __init__(self, output: Any, speech: Language) -> None:
        self._output = output
        self._speech: Language = speech
        self._live = bool(output.isatty())
        self._columns = 0

    def show(self, point: Point, scenario: Scenario) -> None:
        """Show one second."""
        line = progress_line(self._speech, point, scenario)
        if self._live:
            self._output.write("\r" + padded(line, self._columns), ending="")
            self._columns = width(line)
        else:
            self._output.write(line)
        self._output.flush()  # a log is read while it grows

    def end(self) -> None:
        """Leave the last line standing."""
        if self._live:
            self._output.write("")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _chosen(options: dict[str, Any]) -> Options:
    default = f"ws://127.0.0.1:{read_environment().ws_port}/ws/v1"
    return Options(
        scenario=options["scenario"],
        urls=options["url"] or [default],
        tokens=options["tokens"],
        processes=options["processes"],
        sources=options["source"],
        server_pids=options["server_pid"],
        kill_pids=options["kill_pid"],
        durability=options["durability"],
        version=commit_of(ROOT),
        of_scenario={name: options[name] for name in (*SCENARIO_OPTIONS, "redirect")},
        of_traffic={name: options[name] for name in ("rate_per_s", "conversations", "text_bytes")},
    )


def commit_of(folder: Path) -> str:
    """The commit of a checkout, without asking git; empty where this is none."""
    try:
        head = (folder / ".git" / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head[:12]
        return (folder / ".git" / head.removeprefix("ref: ")).read_text(encoding="ascii").strip()[:12]
    except OSError:
        return ""
