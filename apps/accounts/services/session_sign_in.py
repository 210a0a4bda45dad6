"""Sign-in of sessions: whose token it is and whether the terminal is hers, for all who arrive together in one go.

A batch costs one round trip, two more where it has terminals that were never seen before. The rules are those of
`policies`; a bad token or terminal is refused alone. What sessions are told and when they end is the gateway's matter.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apps.accounts.errors import SignInBusy
from apps.accounts.policies import Arrival, Found, Principal, arrive, is_worth_noting, judge
from apps.accounts.services import sign_in_statements as statements
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

    async def sign_in(self, token: str, *, terminal_id: UUID, platform: str, name: str = "") -> Principal:
        """Return who is behind an access token, once the terminal is hers.

        Raises TokenInvalid when the token is unknown, expired or of another scope, or its user or tenant may not sign
        in; else InvalidInput for an unknown platform or a bad name, TerminalRefused when the id is the nil UUID,
        belongs to another user or was revoked; SignInBusy at the bound, Unavailable or TimeoutError without database.
        """
        return await self._batcher.ask(arrive(checksum_of(token), terminal_id, platform, name))

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
            newcomers = await self._check(arrivals, unsettled, answers)
            if newcomers:
                await self._register(newcomers, answers)
        BATCH.observe(len(arrivals))
        DURATION.observe(time.perf_counter() - begun_s)
        return [Unavailable() if answer is None else answer for answer in answers]

    async def _check(self, arrivals: Sequence[Arrival], places: list[int], answers: Answers) -> dict[int, Seen]:
        """Answer all but those whose terminal nobody has yet, and return these: one place for each terminal id."""
        now = self._now()
        rows = await self._line.execute(
            statements.CHECK, statements.check_parameters([arrivals[place] for place in places])
        )
        newcomers: dict[UUID, tuple[int, Seen]] = {}
        for place, row in zip(places, rows, strict=True):
            arrival, found = arrivals[place], Found(*row)
            verdict = judge(arrival, found, now=now)
            if isinstance(verdict, ImError):
                answers[place] = verdict
            elif found.terminal_user_id is None:
                newcomers.setdefault(arrival.terminal_id, (place, (arrival, verdict, now)))
            else:
                answers[place] = verdict
                if is_worth_noting(arrival, found, now=now):
                    self._sightings.note((arrival, verdict, now))
        return dict(newcomers.values())

    async def _register(self, newcomers: dict[int, Seen], answers: Answers) -> None:
        """Make the terminals theirs, and answer those who got them; the others have to look again."""
        seen = list(newcomers.values())
        rows = await self._line.execute(statements.INSERT_TERMINALS, statements.terminal_parameters(seen))
        made = {row[0] for row in rows}
        await self._line.execute(statements.MAKE_ROOM, statements.room_parameters(seen))
        for place, (arrival, principal, _) in newcomers.items():
            if arrival.terminal_id in made:
                answers[place] = principal

    async def _note_seen(self, seen: Sequence[Seen]) -> None:
        await self._line.execute(statements.NOTE_SEEN, statements.terminal_parameters(seen))
