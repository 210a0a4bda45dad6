"""Who does what: sessions and conversations shared out over the processes of a load test.

Pure. Users are neighbours, in each process as in each conversation, so shares are ranges and a conversation may span
processes.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from apps.loadtest.errors import TooFewUsers
from apps.loadtest.population import LoadUser, Population
from apps.loadtest.scenario import Scenario, Traffic

PORTS_PER_SOURCE: Final = 16_000
"""Connections from one source address; the kernel has 28,232 ports for them unless told otherwise."""

SOURCES_PER_WORKER: Final = 250
_MIX: Final = 2_654_435_761


class RoomShare(msgspec.Struct, frozen=True, array_like=True):
    """One conversation in one process: users `first` to `stop` are members here, those up to `speakers_stop` write."""

    conversation: UUID
    first: int
    stop: int
    speakers_stop: int


class StreamShare(msgspec.Struct, frozen=True):
    """One process's part of a scenario's traffic; rate 0 is as fast as acks come."""

    rate_per_s: float
    text_bytes: int
    rooms: list[RoomShare]


class WorkerPlan(msgspec.Struct, frozen=True):
    """Everything one process needs to know. `first` is the number of its first user among all."""

    number: int
    run: int
    first: int
    users: list[LoadUser]
    urls: list[str]
    sources: list[str]
    connect_per_s: float
    connecting: int
    heartbeat_s: float
    acknowledge_s: float
    redirect: bool
    streams: list[StreamShare]


def worker_count(sessions: int, *, cores: int, files_per_process: int) -> int:
    """Return how many processes to use: one per core, more where one may not open so many files."""
    needed = -(-sessions // max(1, min(files_per_process, PORTS_PER_SOURCE)))
    return max(1, needed, min(cores, -(-sessions // 500)))


def make_plans(
    scenario: Scenario, population: Population, *, workers: int, urls: Sequence[str], run: int, spread_sources: bool
) -> list[WorkerPlan]:
    """Share a scenario out. Raises TooFewUsers when the population is too small for it."""
    if len(population.users) < scenario.sessions:
        raise TooFewUsers(what="users", wanted=scenario.sessions, found=len(population.users))
    bounds = _bounds(scenario.sessions, workers)
    rooms = [_rooms(traffic, population, online=scenario.sessions) for traffic in scenario.traffic]
    return [
        WorkerPlan(
            number=number,
            run=run,
            first=first,
            users=population.users[first:stop],
            urls=list(urls),
            sources=_sources(number, stop - first) if spread_sources else [],
            connect_per_s=scenario.connect_per_s * (stop - first) / scenario.sessions,
            connecting=max(1, scenario.connecting // workers),
            heartbeat_s=scenario.heartbeat_s,
            acknowledge_s=scenario.acknowledge_s,
            redirect=scenario.redirect,
            streams=[
                _share(traffic, whole, first, stop) for traffic, whole in zip(scenario.traffic, rooms, strict=True)
            ],
        )
        for number, (first, stop) in enumerate(bounds)
    ]


def place_of(index: int, count: int) -> int:
    """Return which of `count` places a user goes to; neighbours, who talk to each other, are spread."""
    return (index * _MIX >> 16) % count


def is_chosen(index: int, share: float) -> bool:
    """Tell whether a user is among the given share of all; the same ones each time."""
    return (index * _MIX & 0xFFFF) < share * 0x10000


def _bounds(sessions: int, workers: int) -> list[tuple[int, int]]:
    """Ranges of about equal length that begin at even numbers, so that pairs stay in one process."""
    pairs = -(-sessions // 2)
    cuts = [min(sessions, pairs * number // workers * 2) for number in range(workers)]
    return list(zip(cuts, [*cuts[1:], sessions], strict=True))


def _sources(number: int, sessions: int) -> list[str]:
    count = min(SOURCES_PER_WORKER, -(-sessions // PORTS_PER_SOURCE) or 1)
    return [f"127.{1 + number // 250}.{1 + number % 250}.{place}" for place in range(1, count + 1)]


def _rooms(traffic: Traffic, population: Population, *, online: int) -> list[RoomShare]:
    size = traffic.size or max(population.conversations, default=0)
    whole = online // size if size else 0
    count = traffic.conversations or max(1, whole)
    if not size or (count - 1) * size >= online:
        raise TooFewUsers(what=f"online members for {count} conversations of {size}", wanted=count * size, found=online)
    rooms = []
    for number, conversation in enumerate(population.of_size(size, count)):
        members = population.members(size, number, online=online)
        speakers_stop = min(members.start + traffic.speakers, members.stop)
        rooms.append(RoomShare(conversation, members.start, members.stop, speakers_stop))
    return rooms


def _share(traffic: Traffic, rooms: Sequence[RoomShare], first: int, stop: int) -> StreamShare:
    everywhere = sum(room.speakers_stop - room.first for room in rooms)
    here = [
        RoomShare(room.conversation, low, high, max(low, min(room.speakers_stop, high)))
        for room in rooms
        if (low := max(room.first, first)) < (high := min(room.stop, stop))
    ]
    speakers = sum(room.speakers_stop - room.first for room in here)
    return StreamShare(traffic.rate_per_s * speakers / everywhere, traffic.text_bytes, here)
