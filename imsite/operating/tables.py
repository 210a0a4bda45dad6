"""The state of the cluster as lines for a terminal, in English and Chinese.

Takes the plain values that nodes report; a key that another version of the program leaves out shows as a dash. Not
here: asking for them.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from imsite.phrases import padded, phrase, width

Facts = dict[str, Any]

GAP: Final = "  "
UNKNOWN: Final = "-"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[int] = ()) -> list[str]:
    """Return a head and a line per row, in columns as wide as they need; those in `numbers` stand to the right."""
    cells = [list(heads), *([_cell(value) for value in row] for row in rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(heads))]
    return [
        GAP.join(_aligned(text, widths[column], right=column in numbers) for column, text in enumerate(row)).rstrip()
        for row in cells
    ]


def status_lines(status: Facts) -> list[str]:
    """Return what a node says of itself and its cluster, then the table of members."""
    facts = [*_facts_of_node(status), *_facts_of_cluster(status)]
    columns = max(width(label) for label, _text in facts)
    return [*(padded(label, columns) + GAP + text for label, text in facts), "", *member_lines(status)]


def member_lines(status: Facts) -> list[str]:
    """Return the table of members, or of the nodes that a node without a cluster sees."""
    heads = [
        phrase("NODE"),
        "ID",
        phrase("ROLE"),
        phrase("SERVES"),
        phrase("STATUS"),
        phrase("ADDRESS"),
        phrase("SLOTS"),
        phrase("WEIGHT"),
        phrase("BEHIND"),
        phrase("LOAD"),
        phrase("VERSION"),
        phrase("REMARKS"),
    ]
    members = sorted(status["members"], key=itemgetter("name", "node"))
    return table(heads, [_member(member, status) for member in members], numbers=(6, 7, 8, 9, 10))


def slot_lines(ranges: Sequence[Facts]) -> list[str]:
    """Return the table of slot ranges."""
    heads = [phrase("SLOTS"), phrase("COUNT"), phrase("OWNER"), phrase("BEFORE"), phrase("EPOCH")]
    rows = [
        (
            f"{part['first']}-{part['last']}",
            part["last"] - part["first"] + 1,
            part["owner"] or phrase("nobody"),
            part["previous"],
            part["epoch"],
        )
        for part in ranges
    ]
    return table(heads, rows, numbers=(1, 4))


def _facts_of_node(status: Facts) -> list[tuple[str, str]]:
    lag, disk = status.get("tick_lag_ms", {}), status.get("persist_ms", {})
    return [
        (
            phrase("Node"),
            phrase(
                "{name} ({node}) at {address}, start {boot}",
                name=_cell(status["name"]),
                node=_cell(status["node"]),
                address=_cell(status.get("address")),
                boot=_cell(status.get("boot")),
            ),
        ),
        (phrase("Serves its slots"), phrase("yes") if status["serving"] else phrase("no")),
        (phrase("Works late by"), _milliseconds(lag)),
        (phrase("Disk needs"), _milliseconds(disk)),
    ]


def _facts_of_cluster(status: Facts) -> list[tuple[str, str]]:
    if not status["cluster"]:
        return [(phrase("Cluster"), phrase("none yet: waits for other nodes, or to be let into their cluster"))]
    return [
        (phrase("Cluster"), _cell(status["cluster"])),
        (phrase("Leader"), _cell(status["leader"]) if status["leader"] else phrase("none")),
        (
            phrase("Log"),
            phrase(
                "term {term}, index {index}, slot epoch {epoch}, version {version}",
                term=_cell(status["term"]),
                index=_cell(status["index"]),
                epoch=_cell(status.get("epoch")),
                version=_cell(status.get("version")),
            ),
        ),
        (phrase("Processes"), _processes(status["members"])),
        (phrase("Slots without owner"), _cell(status.get("unassigned_slots"))),
        (phrase("Job leases"), _cell(status["leases"])),
    ]


def _processes(members: Sequence[Facts]) -> str:
    """How many live, on how many machines: a node is a process, and those of a machine share its address."""
    living = [member["address"].rpartition(":")[0] for member in members if member["status"] in {"alive", "suspect"}]
    return phrase("{processes} (machines: {machines})", processes=len(living), machines=len(set(living)))


def _milliseconds(figures: Facts) -> str:
    return phrase(
        "{average} ms on average, {lately} ms at most lately",
        average=_cell(figures.get("average")),
        lately=_cell(figures.get("lately_max")),
    )


def _member(member: Facts, status: Facts) -> list[object]:
    return [
        member["name"],
        member["node"],
        _word(member["role"]),
        ",".join(member.get("roles", ())),
        _word(member["status"]),
        member["address"],
        member["slots"],
        member.get("weight"),
        _behind(member, status),
        member.get("load"),
        member.get("version"),
        _remarks(member, status),
    ]


def _behind(member: Facts, status: Facts) -> int | None:
    """How many entries of the log a member still has to put in force; only a leader knows."""
    applied = member.get("applied")
    return None if applied is None else max(0, status["index"] - applied)


def _remarks(member: Facts, status: Facts) -> str:
    remarks = {
        phrase("leader"): bool(status["leader"]) and member["name"] == status["leader"],
        phrase("draining"): member.get("draining"),
        phrase("being removed"): member.get("retiring"),
        phrase("without vote"): not member.get("may_vote", True),
        phrase("asked"): member["node"] == status["node"],
    }
    return ", ".join(remark for remark, holds in remarks.items() if holds) or UNKNOWN


def _word(code: str) -> str:
    """The word for a role or a status; an unknown one stays as it is."""
    words = {
        "voter": phrase("voter"),
        "learner": phrase("learner"),
        "alive": phrase("alive"),
        "suspect": phrase("suspect"),
        "dead": phrase("dead"),
        "left": phrase("left"),
    }
    return words.get(code, code)


def _aligned(text: str, columns: int, *, right: bool) -> str:
    return " " * (columns - width(text)) + text if right else padded(text, columns)


def _cell(value: object) -> str:
    """A value as text. Names come from other machines: what would control the terminal is not passed on."""
    text = UNKNOWN if value is None or value == "" else str(value)
    return "".join(letter if letter.isprintable() else "?" for letter in text)
