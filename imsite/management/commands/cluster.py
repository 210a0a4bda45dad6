"""`manage.py cluster`: ask a live node for the state of its cluster, or have it change something.

The node answers over its control port to whoever has the cluster's key, so this works from every machine with the
same settings. Not here: what is asked and answered.
"""

import json
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from apps.cluster.operating import AskFailed, KeysRefused, ask, runs
from apps.common.errors import ImError
from imsite.env import SettingError, parse_node_address
from imsite.operating.tables import member_lines, slot_lines, status_lines
from imsite.phrases import language, phrase

QUESTIONS: Final = ("status", "members", "slots")
CHANGES: Final = ("drain", "remove", "transfer")


class Command(BaseCommand):
    """Parse, ask, show."""

    help = phrase(
        "Show the cluster (status, members, slots), or have a node give up its slots (drain), leave for good (remove) "
        "or become the leader (transfer)."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """A verb and, for changes, the node it is about."""
        parser.add_argument("verb", choices=[*QUESTIONS, *CHANGES])
        parser.add_argument("about", metavar="NODE", nargs="?", help=phrase("name or id of the node to change"))
        parser.add_argument("--undo", action="store_true", help=phrase("drain: let the node have slots again"))
        parser.add_argument("--json", action="store_true", help=phrase("print the whole answer as JSON"))
        parser.add_argument(
            "--node",
            metavar="HOST:PORT",
            help=phrase("cluster port of the node to ask; default: the one on this machine"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask once and print the answer."""
        verb, about = options["verb"], options["about"]
        if (about is not None) != (verb in CHANGES):
            raise CommandError(_usage(verb))
        if options["undo"] and verb != "drain":
            raise CommandError(phrase("only drain can be undone"))
        answer = _answer(verb, about, undo=options["undo"], node=options["node"])
        if options["json"]:
            self.stdout.write(json.dumps(_plain(verb, answer), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(_lines(verb, about, answer, undo=options["undo"])))


def _usage(verb: str) -> str:
    if verb in CHANGES:
        return phrase("say which node: manage.py cluster {verb} NODE", verb=verb)
    return phrase("{verb} shows all nodes and takes no name of one", verb=verb)


def _answer(verb: str, about: str | None, *, undo: bool, node: str | None) -> Any:
    """Return what the node answers; nothing for a change that was done. Raises CommandError."""
    arguments: dict[str, str | int | bool] = {"node": about, "undo": undo} if about is not None else {}
    with translation.override(language()):
        try:
            address = parse_node_address(node) if node else None
            options = {**settings.IM_CLUSTER, "folder": _folder(settings.IM_CLUSTER["folder"])}
            return ask(options, "status" if verb == "members" else verb, arguments, address=address)
        except ImError as error:
            raise CommandError(error.text) from error
        except AskFailed as failed:
            raise CommandError(_reason(failed)) from failed
        except (KeysRefused, SettingError) as error:
            raise CommandError(str(error)) from error


def _folder(alone: Path) -> Path:
    """The folder of a node that runs here: of the settings, or of a cluster to look at that `up --nodes` runs."""
    folders = [alone, *sorted(alone.parent.glob(f"{alone.name}-of-*/node-*"))]
    return next((folder for folder in folders if runs(folder)), alone)


def _reason(failed: AskFailed) -> str:
    reasons = {
        "not_running": phrase("no node runs here from this data folder: start one, or name one with --node HOST:PORT"),
        "unreachable": phrase("the node cannot be reached: does it run, and is this its cluster port?"),
        "timeout": phrase("the node did not answer in time: try again, or ask another one with --node HOST:PORT"),
        "refused": phrase("the node does not trust this program: use the same IM_CLUSTER_KEYS or IM_SECRET_KEY"),
        "garbled": phrase("the node gave an answer that this version does not understand"),
    }
    known = reasons.get(failed.reason, phrase("the node failed"))
    return phrase("{failure} ({reason})", failure=known, reason=failed)


def _plain(verb: str, answer: Any) -> Any:
    """What scripts get."""
    if verb == "members":
        return answer["members"]
    return {"done": True} if verb in CHANGES else answer


def _lines(verb: str, about: str | None, answer: Any, *, undo: bool) -> list[str]:
    """What people get."""
    match verb:
        case "status":
            return status_lines(answer)
        case "members":
            return member_lines(answer)
        case "slots":
            return slot_lines(answer)
        case "transfer":
            return [phrase("{node} leads", node=about)]
        case "remove":
            done = phrase("{node} gives up its slots and then leaves for good", node=about)
        case _ if undo:
            done = phrase("{node} gets slots again", node=about)
        case _:
            done = phrase("{node} gives up its slots", node=about)
    return [phrase("{done}; manage.py cluster members shows how far it is", done=done)]
