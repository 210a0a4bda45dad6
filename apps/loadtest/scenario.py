"""Scenarios: what a load test does, as small YAML files that are checked strictly.

Pure but for reading the file. Not here: carrying them out.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import yaml

from apps.loadtest.errors import ScenarioInvalid, ScenarioUnknown

FOLDER: Final = Path(__file__).parent / "scenarios"
SIZED: Final = re.compile(r"group(\d{1,6})")
MIN_TEXT_BYTES: Final = 40
MAX_TEXT_BYTES: Final = 20_000

Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=7 * 24 * 3600)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Traffic(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Messages in conversations of one size.

    `size`: members of each conversation, 0 for the largest there is. `conversations`: how many of them, 0 for all
    whose members are online. `speakers`: how many members of each write, in turn. `rate_per_s`: messages in all;
    0: every speaker writes again as soon as her last message is acknowledged. `text_bytes`: length of each text.
    """

    size: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 2
    conversations: Count = 0
    speakers: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    rate_per_s: Rate = 0
    text_bytes: Annotated[int, msgspec.Meta(ge=MIN_TEXT_BYTES, le=MAX_TEXT_BYTES)] = 189


class Disturbance(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Something that happens `at_s` after the messages began, to the given share of all sessions.

    `drop`: their connections break, and they come back. `stop_reading`: they read nothing `for_s` long. `kill`: the
    processes given with --kill-pid are killed; without any, nothing happens.
    """

    kind: Literal["drop", "stop_reading", "kill"]
    at_s: Seconds
    share: Share = 1.0
    for_s: Seconds = 0


class Scenario(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One load test.

    `sessions` sign in, `connect_per_s` of them each second (0: as fast as the server takes them), at most `connecting`
    at a time. Each sends a heartbeat every `heartbeat_s`, and acknowledges what came every `acknowledge_s`. After
    `warm_up_s` of traffic that is not measured, `duration_s` of traffic that is. `shape`: load in equal parts of the
    duration, relative to the rates. Then all answers may take `settle_s`. `redirect`: sessions let the server send them
    to another node.
    """

    title: dict[Literal["en", "zh"], str]
    sessions: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
    connect_per_s: Rate = 1500
    connecting: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 512
    heartbeat_s: Annotated[float, msgspec.Meta(ge=1, le=70)] = 30
    acknowledge_s: Annotated[float, msgspec.Meta(ge=0.1, le=5)] = 0.2
    warm_up_s: Seconds = 3
    duration_s: Seconds = 30
    settle_s: Seconds = 30
    shape: Annotated[list[Annotated[float, msgspec.Meta(ge=0, le=100)]], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: [1.0]
    )
    traffic: list[Traffic] = []
    disturbances: list[Disturbance] = []
    redirect: bool = False

    def __post_init__(self) -> None:
        """A disturbance after the end would never happen, and one that lasts beyond it could not be judged."""
        for disturbance in self.disturbances:
            if disturbance.at_s + disturbance.for_s > self.duration_s:
                raise ValueError(f"`{disturbance.kind}` at {disturbance.at_s:g} s lasts beyond duration_s")


def known_scenarios() -> list[str]:
    """Return the names of the scenarios that come with the program."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_scenario(name: str) -> Scenario:
    """Return a scenario by its name, by `group<size>`, or by the path of a YAML file.

    Raises ScenarioUnknown or ScenarioInvalid.
    """
    own = name.endswith((".yaml", ".yml"))
    sized = SIZED.fullmatch(name)
    stem = "group" if sized else name
    if not own and stem not in known_scenarios():
        raise ScenarioUnknown(name=name, known=", ".join(known_scenarios()))
    path = Path(name) if own else FOLDER / f"{stem}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ScenarioInvalid(name=name, reason=error) from error
    scenario = parse_scenario(text, name=name)
    return resized(scenario, int(sized[1])) if sized else scenario


def parse_scenario(text: str, *, name: str) -> Scenario:
    """Check the text of a scenario. Raises ScenarioInvalid, which says where and what."""
    try:
        plain = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
        return msgspec.convert(plain, Scenario)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ScenarioInvalid(name=name, reason=" ".join(str(error).split())) from error


def changed(scenario: Scenario, *, name: str, **values: Any) -> Scenario:
    """Return the scenario with other values, those that are not None, checked like a file's.

    With another duration, disturbances keep their place in it. Raises ScenarioInvalid.
    """
    given = {key: value for key, value in values.items() if value is not None}
    plain = msgspec.to_builtins(scenario)
    if given.get("duration_s") and scenario.duration_s:
        factor = given["duration_s"] / scenario.duration_s
        for disturbance in plain["disturbances"]:
            disturbance |= {key: disturbance[key] * factor for key in ("at_s", "for_s")}
    try:
        return msgspec.convert(plain | given, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioInvalid(name=name, reason=error) from error


def with_traffic(scenario: Scenario, *, name: str, **values: Any) -> Scenario:
    """Return the scenario with other values for all of its traffic. Raises ScenarioInvalid."""
    given = {key: value for key, value in values.items() if value is not None}
    traffic = [msgspec.to_builtins(part) | given for part in scenario.traffic]
    return changed(scenario, name=name, traffic=traffic)


def resized(scenario: Scenario, size: int) -> Scenario:
    """Return the scenario with conversations of `size` members. Raises ScenarioInvalid."""
    return with_traffic(scenario, name=f"group{size}", size=size)


class _UniqueKeys(yaml.SafeLoader):
    """YAML itself lets the last of equal keys win, which would hide a slip."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _value in node.value]
        twice = next((key for place, key in enumerate(keys) if key in keys[:place]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"key {twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)
