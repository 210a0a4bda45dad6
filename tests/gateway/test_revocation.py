"""Whoever is shut out is shut out now: open sockets close, not only later sign-ins."""

from collections.abc import Callable

import pytest

from apps.accounts.models import Terminal as Terminals
from apps.accounts.models import User
from apps.accounts.services import deactivate_user, revoke_terminal, revoke_tokens, set_password
from tests.conftest import PASSWORD
from tests.gateway.conftest import Dial, in_database

pytestmark = pytest.mark.django_db(transaction=True)


def change_password(user: User) -> None:
    set_password(user, password=f"{PASSWORD}, another one")


@pytest.mark.parametrize("shut_out", [deactivate_user, change_password, revoke_tokens], ids=lambda act: act.__name__)
async def test_all_sessions_of_the_user_close_and_nobody_elses(
    shut_out: Callable[[User], None], dial: Dial, alice: User, bob: User
) -> None:
    desk, phone, other = await dial(alice), await dial(alice), await dial(bob)

    await in_database(shut_out, alice)

    for terminal in (desk, phone):
        assert (await terminal.receive())["reason"] == "revoked"
        assert await terminal.closed() == 4403
    assert await other.is_quiet()


async def test_a_revoked_terminal_closes_and_the_users_others_stay(dial: Dial, alice: User) -> None:
    lost, kept = await dial(alice), await dial(alice)
    row = await in_database(Terminals.objects.for_tenant(alice.tenant_id).get, pk=lost.terminal)

    await in_database(revoke_terminal, row)

    assert (await lost.receive())["reason"] == "revoked"
    assert await lost.closed() == 4403
    assert await kept.is_quiet()
