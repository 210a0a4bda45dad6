"""The demo accounts are made once, work, and are never changed behind anyone's back."""

import json
import stat
from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from apps.access.models import Grant
from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.accounts.services import set_password
from apps.conversations.models import Conversation, Member
from apps.orgs.models import Department, Organisation, Placement
from apps.tenants.models import Tenant
from imsite.demo import DEMO_USERS, GROUP_TITLE, PLATFORM, RESEARCH, ensure_demo
from imsite.errors import OperatorError

pytestmark = pytest.mark.django_db


@pytest.fixture
def passwords_file(tmp_path: Path) -> Path:
    return tmp_path / "demo-accounts.json"


def test_every_login_works_with_its_password(passwords_file: Path) -> None:
    accounts = ensure_demo(passwords_file)

    assert len(accounts) == len(DEMO_USERS) + 1
    for login, password in accounts:
        assert authenticate(None, username=login, password=password) == User.unscoped.get(login=login)


def test_the_file_holds_the_same_and_is_private(passwords_file: Path) -> None:
    accounts = ensure_demo(passwords_file)

    assert json.loads(passwords_file.read_text(encoding="utf-8")) == dict(accounts)
    assert stat.S_IMODE(passwords_file.stat().st_mode) == 0o600


def test_only_the_administrator_may_open_the_admin(passwords_file: Path) -> None:
    ensure_demo(passwords_file)

    assert list(User.unscoped.filter(is_staff=True).values_list("login", flat=True)) == ["admin@system"]


def test_everyone_works_somewhere_and_the_first_one_administers_the_company(passwords_file: Path) -> None:
    ensure_demo(passwords_file)

    places = Placement.unscoped.values_list("user__username", "department__name", "is_leader")
    assert set(places) == {(each.username, each.department, each.is_leader) for each in DEMO_USERS}
    assert Department.unscoped.get(name=PLATFORM).parent == Department.unscoped.get(name=RESEARCH)
    grant = Grant.unscoped.get()
    first = User.unscoped.get(login=f"{DEMO_USERS[0].username}@demo")
    assert (grant.user_id, grant.role, grant.scope) == (first.id, TENANT_ADMIN, tenant_scope(first.tenant_id).path)


def test_a_second_run_changes_nothing(passwords_file: Path) -> None:
    first = ensure_demo(passwords_file)
    rows = list(User.unscoped.order_by("login").values_list("id", "password"))

    assert ensure_demo(passwords_file) == first
    assert list(User.unscoped.order_by("login").values_list("id", "password")) == rows
    assert Conversation.unscoped.count() == 1


def test_everyone_is_in_one_group(passwords_file: Path) -> None:
    ensure_demo(passwords_file)

    group = Conversation.unscoped.get()
    members = Member.unscoped.filter(conversation=group).values_list("user__username", flat=True)
    assert group.title == GROUP_TITLE
    assert set(members) == {user.username for user in DEMO_USERS}


def test_a_deleted_account_comes_back_with_its_password(passwords_file: Path) -> None:
    first = ensure_demo(passwords_file)
    User.unscoped.filter(login="admin@system").delete()

    assert ensure_demo(passwords_file) == first
    assert authenticate(None, username="admin@system", password=dict(first)["admin@system"]) is not None


def test_a_lost_file_does_not_change_anyones_password(passwords_file: Path) -> None:
    first = dict(ensure_demo(passwords_file))
    passwords_file.unlink()

    shown = set(dict(ensure_demo(passwords_file)).values())

    assert shown == {"(chosen earlier; manage.py changepassword gives another)"}
    assert authenticate(None, username="alice@demo", password=first["alice@demo"]) is not None


def test_a_password_changed_by_its_user_stays(passwords_file: Path) -> None:
    ensure_demo(passwords_file)
    set_password(User.unscoped.get(login="alice@demo"), password="a passphrase of her own")

    ensure_demo(passwords_file)

    assert authenticate(None, username="alice@demo", password="a passphrase of her own") is not None


def test_passwords_differ_between_accounts_and_installations(passwords_file: Path) -> None:
    first = dict(ensure_demo(passwords_file))
    Member.unscoped.all().delete()
    Conversation.unscoped.all().delete()
    User.unscoped.all().delete()
    for level in (2, 1, 0):
        Department.unscoped.filter(level=level).delete()
    Organisation.unscoped.all().delete()
    Tenant.objects.all().delete()

    second = dict(ensure_demo(passwords_file.with_name("other.json")))

    assert len({*first.values(), *second.values()}) == len(first) + len(second)


@pytest.mark.parametrize("content", ["{", "[]", '"x"'])
def test_a_damaged_file_is_named_and_nothing_is_made(passwords_file: Path, content: str) -> None:
    passwords_file.write_text(content, encoding="utf-8")

    with pytest.raises(OperatorError, match=r"demo-accounts\.json"):
        ensure_demo(passwords_file)

    assert not User.unscoped.exists()
