from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.happenings import MAX_SHOWN, happenings_of
from apps.audit.services import Change, record
from tests.accounts.terminals import terminal_of


def note(actor: User, target: object, label: str = "", *, action: str = "accounts.terminal.revoked") -> None:
    change = Change(
        tenant_id=actor.tenant_id,
        actor_id=actor.pk,
        actor_login=actor.login,
        scope=f"t:{actor.tenant_id}",
        action=action,
        kind="terminal",
        target_id=str(target),
        target_label=label,
        at=timezone.now(),
    )
    with transaction.atomic():
        record(change)


def test_what_was_done_to_oneself_and_ones_terminals_is_told(alice: User) -> None:
    terminal = terminal_of(alice)
    note(alice, alice.pk, alice.login)
    note(alice, terminal.pk, "Desk")

    told = happenings_of(alice)

    assert [(happening.text, happening.thing, happening.by) for happening in told] == [
        ("Terminal shut out", "Desk", ""),
        ("Terminal shut out", "", ""),
    ]


def test_an_administrator_is_named_and_her_place_is_not(alice: User, bob: User) -> None:
    note(bob, terminal_of(alice).pk, "Desk")

    [happening] = happenings_of(alice)

    assert (happening.by, happening.address) == (bob.login, "")


def test_what_happened_to_others_is_not_told(alice: User, bob: User, eve: User) -> None:
    note(alice, terminal_of(bob).pk, "Desk")
    note(eve, terminal_of(eve).pk, "Desk")

    assert happenings_of(alice) == []


def test_actions_without_words_are_left_to_auditors(alice: User) -> None:
    note(alice, alice.pk, action="orgs.person.placed")

    assert happenings_of(alice) == []


def test_the_list_is_bounded(alice: User) -> None:
    for _ in range(MAX_SHOWN + 3):
        note(alice, alice.pk)

    assert len(happenings_of(alice)) == MAX_SHOWN
