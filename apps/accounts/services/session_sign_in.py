"""Sign-in of sessions: whose token it is and whether the terminal is hers, for all who arrive together in one go.

A batch costs one round trip, two more where it has terminals that were never seen before, one more where a terminal
has a token of a new sign-in; and where a tenant bounds the terminals of a person, a transaction for each that needs a
place. The rules are those of `policies`; a bad token or terminal is refused alone. What sessions are told and when they
end is the gateway's matter.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from apps.accounts.errors import SignInBusy
from apps.accounts.policies import Arrival, Found, Principal, arrive, is_worth_noting, judge, takes_a_place
from apps.accounts.services import sign_in_statements as statements
from apps.accounts.services.chains import forget_terminals, trim_chains
from apps.accounts.services.placing import Newcomer, take_places
from apps.accounts.services.sightings import Sightings
from apps.accounts.services.sign_in_statements import Seen
from apps.accounts.services.tokens import checksum_of
from apps.common.batching import Batcher, BatchLimits
from apps.common.errors import ImError, Unavailable
from apps.common.line import Line
from apps.metrics import SIZES, histogram

BATCH = histogram("im_sign_in_batch_sessions", "Sign-ins that were checked together.", buckets=SIZES)
DURATION = histogram("im_sign_in_batch_seconds", "Duration of checking a batch of sign-ins.")

MAX_ROUNDS = 3
"""How often one batch may find that a terminal id was taken in the very moment it was to become someone's."""

Answers = list[Principal | ImError | None]


class _Accepted(NamedTuple):
    """Someone who may come in, her place in the batch, and when that was found."""

    place: int
    arrival: Arrival
    found: Found
    principal: Principal
    now: datetime


class SessionSignIn:
    """Signs sessions in over a connection of its own, made when it is needed; bound to the running loop."""

    def __init__(
        self,
        dsn: str,
        *,
        limits: BatchLimits | None = None,
        now: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._line = Line(dsn)
        self._now = now
        self._sightings = Sightings(self._note_seen)
        self._batcher = Batcher[Arrival, Principal](self._settle, busy=SignInBusy, limits=limits)

    async def sign_in(
        self, token: str, *, terminal_id: UUID, platform: str, name: str = "", address: str = ""
    ) -> Principal:
        """Return who is behind an access token, once the terminal is hers and is known to use it.

        Raises TokenInvalid when the token is unknown, expired or of another scope, or its user or tenant may not sign
        in; else InvalidInput for an unknown platform or a bad name, TerminalRefused when the id is the nil UUID,
        belongs to another user or was revoked, SignedInElsewhere when another one took its place; SignInBusy at the
        bound, Unavailable or TimeoutError without database.
        """
        return await self._batcher.ask(arrive(checksum_of(token), terminal_id, platform, name, address=address))

    async def close(self) -> None:
        """Answer who waits Unavailable, write what is held back, disconnect. Bounded in time."""
        await self._batcher.close()
        await self._sightings.close()
        await self._line.close()

    async def _settle(self, arrivals: Sequence[Arrival]) -> list[Principal | ImError]:
        begun_s = time.perf_counter()
        answers: Answers = [None] * len(arrivals)
        for _ in range(MAX_ROUNDS):
            unsettled = [place for place, answer in enumerate(answers) if answer is None]
            if not unsettled:
                break
            accepted, newcomers = await self._check(arrivals, unsettled, answers)
            if newcomers:
                accepted += await self._register(newcomers)
            if accepted:
                await self._settle_in(accepted)
            for each in accepted:
                answers[each.place] = each.principal
        BATCH.observe(len(arrivals))
        DURATION.observe(time.perf_counter() - begun_s)
        return [Unavailable() if answer is None else answer for answer in answers]

    async def _check(
        self, arrivals: Sequence[Arrival], places: list[int], answers: Answers
    ) -> tuple[list[_Accepted], list[_Accepted]]:
        """Answer who is refused. Return the others, apart those whose terminal nobody has yet: one for each such id."""
        now = self._now()
        rows = await self._line.execute(
            statements.CHECK, statements.check_parameters([arrivals[place] for place in places])
        )
        accepted: list[_Accepted] = []
        newcomers: dict[UUID, _Accepted] = {}
        for place, row in zip(places, rows, strict=True):
            arrival, found = arrivals[place], Found(*row)
            verdict = judge(arrival, found, now=now)
            if isinstance(verdict, ImError):
                answers[place] = verdict
                continue
            comer = _Accepted(place, arrival, found, verdict, now)
            if found.terminal_user_id is None:
                newcomers.setdefault(arrival.terminal_id, comer)
                continue
            accepted.append(comer)
            if is_worth_noting(arrival, found, now=now):
                self._sightings.note((arrival, verdict, now))
        return accepted, list(newcomers.values())

    async def _register(self, newcomers: Sequence[_Accepted]) -> list[_Accepted]:
        """Make the terminals theirs, and return who got them; the others have to look again."""
        seen = [(each.arrival, each.principal, each.now) for each in newcomers]
        made_of = [each[1:] for each in newcomers]
        rows = await self._line.execute(statements.INSERT_TERMINALS, statements.newcomer_parameters(made_of))
        made = {row[0] for row in rows}
        gone = await self._line.execute(statements.MAKE_ROOM, statements.room_parameters(seen))
        if gone:
            await _in_thread(forget_terminals, [row[0] for row in gone], now=newcomers[0].now)
        return [each for each in newcomers if each.arrival.terminal_id in made]

    async def _settle_in(self, accepted: Sequence[_Accepted]) -> None:
        """Note which tokens terminals sign in with that did not before, and give places where those are bounded."""
        unlinked = [(each.arrival, each.found, each.principal) for each in accepted if not each.found.is_linked]
        if unlinked:
            counts = await self._line.execute(statements.LINK_TOKENS, statements.link_parameters(unlinked))
            for terminal_id in {row[0] for row in counts if row[1] >= statements.MAX_CHAINS}:
                await _in_thread(trim_chains, terminal_id, keep=statements.MAX_CHAINS, now=accepted[0].now)
        comers = [
            Newcomer(each.principal.user_id, each.arrival.terminal_id, each.arrival.platform)
            for each in accepted
            if takes_a_place(each.arrival, each.found)
        ]
        if comers:
            await _in_thread(take_places, comers, now=accepted[0].now)

    async def _note_seen(self, seen: Sequence[Seen]) -> None:
        await self._line.execute(statements.NOTE_SEEN, statements.terminal_parameters(seen))


async def _in_thread(work: Callable[..., None], *arguments: Any, **fields: Any) -> None:
    """Run what is rare, and is several statements in a transaction, through Django. Raises Unavailable."""

    def run() -> None:
        close_old_connections()
        try:
            work(*arguments, **fields)
        finally:
            close_old_connections()

    try:
        await sync_to_async(run, thread_sensitive=False)()
    except (OperationalError, InterfaceError) as error:
        raise Unavailable from error
