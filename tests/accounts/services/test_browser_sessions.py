"""Browsers are noted as they are used, bounded, and ended with their sessions."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.errors import TerminalNotFound
from apps.accounts.models import BrowserSession, User
from apps.accounts.services import browser_sessions, deactivate_user
from apps.accounts.services.browser_sessions import (
    RESOLUTION,
    Sight,
    browser_sessions_of,
    end_browsers_of,
    end_own_browser,
    is_worth_noting,
    note_use,
)
from apps.audit.models import Entry
from tests.accounts.browsers import browser_of

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def seen(at: datetime = NOW, *, browser: str = "Firefox · Linux", address: str = "10.0.0.7") -> Sight:
    return Sight(browser, address, at)


@pytest.fixture
def session(alice: User) -> SessionStore:
    """A session of Alice's as a sign-in leaves it."""
    session = SessionStore()
    session[SESSION_KEY] = str(alice.pk)
    session[HASH_SESSION_KEY] = alice.get_session_auth_hash()
    session.save()
    return session


class TestNoting:
    def test_a_session_is_told_of_once_it_is_used(self, session: SessionStore, alice: User) -> None:
        assert is_worth_noting(session, now=NOW)

        note_use(session, alice, seen())

        row = BrowserSession.unscoped.get()
        assert (row.user, row.session_id, row.browser) == (alice, session.session_key, "Firefox · Linux")
        assert (row.address, row.signed_in_at, row.last_used_at) == ("10.0.0.7", NOW, NOW)
        assert not is_worth_noting(session, now=NOW + RESOLUTION - timedelta(seconds=1))

    def test_a_later_use_is_noted_again(self, session: SessionStore, alice: User) -> None:
        note_use(session, alice, seen())
        later = NOW + RESOLUTION

        assert is_worth_noting(session, now=later)
        note_use(session, alice, seen(later, address="192.0.2.9"))

        row = BrowserSession.unscoped.get()
        assert (row.signed_in_at, row.last_used_at, row.address) == (NOW, later, "192.0.2.9")

    def test_another_key_is_noted_at_once_and_remembers_the_sign_in(self, session: SessionStore, alice: User) -> None:
        note_use(session, alice, seen())
        session.save()
        session.cycle_key()
        moment = NOW + timedelta(seconds=9)

        assert is_worth_noting(session, now=moment)
        note_use(session, alice, seen(moment))

        row = BrowserSession.unscoped.get()
        assert (row.session_id, row.signed_in_at, row.last_used_at) == (session.session_key, NOW, moment)

    def test_a_session_that_is_not_stored_yet_is(self, alice: User) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(alice.pk)

        note_use(session, alice, seen())

        assert BrowserSession.unscoped.get().session_id == session.session_key

    def test_a_session_that_ended_meanwhile_stays_ended(self, session: SessionStore, alice: User) -> None:
        note_use(session, alice, seen())
        Session.objects.all().delete()

        note_use(session, alice, seen(NOW + RESOLUTION))
        session["browser"] = ["another key", 0, 0]
        note_use(session, alice, seen(NOW + RESOLUTION))

        assert not BrowserSession.unscoped.exists()
        assert not Session.objects.exists()

    def test_nobodys_session_is_not_noted(self) -> None:
        assert not is_worth_noting(SessionStore(), now=NOW)

    @pytest.mark.parametrize("kept", ["x", [1], ["mark", "when", "since"], None])
    def test_what_another_release_kept_is_no_reason_to_fail(
        self, session: SessionStore, alice: User, kept: object
    ) -> None:
        session["browser"] = kept

        assert is_worth_noting(session, now=NOW)
        note_use(session, alice, seen())

        assert BrowserSession.unscoped.count() == 1

    def test_one_too_many_ends_the_one_used_longest_ago(
        self, session: SessionStore, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(browser_sessions, "MAX_SESSIONS", 2)
        oldest = browser_of(alice, used_at=NOW - timedelta(hours=2))
        newer = browser_of(alice, used_at=NOW - timedelta(hours=1))
        others = browser_of(bob, used_at=NOW - timedelta(hours=3))

        note_use(session, alice, seen())

        left = set(Session.objects.values_list("pk", flat=True))
        assert left == {session.session_key, newer.session_id, others.session_id}
        assert oldest.session_id not in left


class TestList:
    def test_it_has_ones_own_the_last_used_first(self, alice: User, bob: User) -> None:
        earlier, later = browser_of(alice, used_at=NOW - timedelta(hours=1)), browser_of(alice)
        browser_of(bob)

        assert list(browser_sessions_of(alice, now=timezone.now())) == [later, earlier]

    def test_what_has_expired_is_not_there(self, alice: User) -> None:
        browser_of(alice)

        assert not browser_sessions_of(alice, now=NOW + timedelta(days=2))


class TestEnding:
    def test_one_ends_with_its_session_and_the_others_stay(self, alice: User) -> None:
        gone, stays = browser_of(alice, "Edge · Windows"), browser_of(alice)

        end_own_browser(alice, browser_id=gone.pk, now=NOW)

        assert list(BrowserSession.unscoped.all()) == [stays]
        assert list(Session.objects.values_list("pk", flat=True)) == [stays.session_id]
        entry = Entry.unscoped.get(action="accounts.browser.ended")
        assert (entry.actor_id, entry.after["browser"]) == (alice.id, "Edge · Windows")
        assert gone.session_id not in str(entry.after)

    def test_somebody_elses_is_not_there(self, alice: User, bob: User) -> None:
        row = browser_of(bob)

        with pytest.raises(TerminalNotFound):
            end_own_browser(alice, browser_id=row.pk, now=NOW)

        assert BrowserSession.unscoped.filter(pk=row.pk).exists()

    def test_all_of_one_person_end_and_nobody_elses(self, alice: User, bob: User) -> None:
        browser_of(alice)
        others = browser_of(bob)

        end_browsers_of(alice.pk, tenant_id=alice.tenant_id)

        assert list(Session.objects.values_list("pk", flat=True)) == [others.session_id]

    def test_whoever_is_signed_out_of_everything_is_listed_nowhere(self, alice: User) -> None:
        browser_of(alice)

        deactivate_user(alice)

        assert not Session.objects.exists()
