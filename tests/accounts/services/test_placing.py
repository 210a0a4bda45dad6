"""Places of terminals. That arrivals at the same time leave no more than may stay is tested where they sign in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from apps.accounts.models import Terminal, User
from apps.accounts.services import placing
from apps.accounts.services.placing import Newcomer, take_places
from apps.audit.models import Entry
from apps.common.clock import to_ms
from apps.events.publish import Why
from tests.accounts.terminals import is_alive, sign_in_chain, terminal_of

NOW = timezone.now()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[UUID, dict[str, Any]]]:
    """What sessions are told, by terminal."""
    closed: list[tuple[UUID, dict[str, Any]]] = []

    def note(user_id: UUID, *, terminal_id: UUID, **fields: Any) -> None:
        closed.append((terminal_id, fields))

    monkeypatch.setattr(placing, "revoke_on_commit", note)
    return closed


@pytest.fixture
def bound(alice: User) -> Callable[..., None]:
    """Sets how many terminals of a platform alice's tenant allows."""

    def set_bound(**per_platform: int) -> None:
        alice.tenant.settings = {"terminals": {"per_platform": per_platform}}
        alice.tenant.save()

    return set_bound


def used(user: User, *, minutes_ago: int, **fields: Any) -> Terminal:
    terminal = terminal_of(user)
    Terminal.unscoped.filter(pk=terminal.pk).update(last_seen_at=NOW - timedelta(minutes=minutes_ago), **fields)
    return terminal


def arrive(terminal: Terminal, platform: str = "linux") -> None:
    take_places([Newcomer(terminal.user_id, terminal.id, platform)], now=NOW)


def displaced() -> set[UUID]:
    return set(Terminal.unscoped.filter(displaced_at__isnull=False).values_list("pk", flat=True))


def test_the_one_used_longest_ago_makes_room_and_is_told_why(
    alice: User, bob: User, bound: Callable[..., None], told: list[Any]
) -> None:
    bound(linux=2)
    oldest, newer, arriving = used(alice, minutes_ago=9), used(alice, minutes_ago=5), used(alice, minutes_ago=99)
    used(bob, minutes_ago=999)
    token, kept = sign_in_chain(alice, oldest), sign_in_chain(alice, newer)

    arrive(arriving)

    assert displaced() == {oldest.id}
    assert (is_alive(token), is_alive(kept)) == (False, True)
    details = {"platform": "linux", "name": "Desk", "at": to_ms(NOW)}
    assert told == [(oldest.id, {"why": Why.DISPLACED, "details": details})]
    entry = Entry.objects.for_tenant(alice.tenant_id).get()
    assert (entry.action, entry.target_id, entry.after) == (
        "accounts.terminal.displaced",
        str(oldest.id),
        {"by": str(arriving.id)},
    )


def test_other_platforms_and_terminals_without_a_place_do_not_count(
    alice: User, bound: Callable[..., None], told: list[Any]
) -> None:
    bound(linux=2)
    stays = used(alice, minutes_ago=9)
    used(alice, minutes_ago=10, platform="web")
    used(alice, minutes_ago=10, revoked_at=NOW)
    gone = used(alice, minutes_ago=10, displaced_at=NOW)

    arrive(used(alice, minutes_ago=1))

    assert (displaced(), told) == ({gone.id}, [])
    assert stays.id not in displaced()


def test_who_had_lost_her_place_gets_it_back(alice: User, bound: Callable[..., None], told: list[Any]) -> None:
    bound(linux=1)
    other = used(alice, minutes_ago=1)
    returning = used(alice, minutes_ago=9, displaced_at=NOW, displaced_by="Desk")

    arrive(returning)

    returning.refresh_from_db()
    assert (displaced(), returning.displaced_by) == ({other.id}, "")


def test_where_nothing_is_bounded_any_more_nobody_leaves(alice: User, told: list[Any]) -> None:
    used(alice, minutes_ago=1)
    returning = used(alice, minutes_ago=9, displaced_at=NOW)

    arrive(returning)

    assert (displaced(), told) == (set(), [])


def test_a_terminal_that_calls_itself_something_else_now_counts_there(
    alice: User, bound: Callable[..., None], told: list[Any]
) -> None:
    bound(web=1)
    browser, moving = used(alice, minutes_ago=1, platform="web"), used(alice, minutes_ago=9)

    arrive(moving, "web")

    assert displaced() == {browser.id}


def test_one_that_is_gone_by_now_takes_no_place(alice: User, bound: Callable[..., None], told: list[Any]) -> None:
    bound(linux=1)
    used(alice, minutes_ago=1)

    take_places([Newcomer(alice.id, uuid4(), "linux")], now=NOW)

    assert (displaced(), told) == (set(), [])
