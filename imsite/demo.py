"""The accounts that `manage.py up` offers for a first look: a small company, and an administrator of the system.

Passwords are random, chosen once and kept in a private file. An account that exists keeps its password, whatever the
file says; `manage.py changepassword` gives it another.
"""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.utils import timezone

from apps.access.roles import TENANT_ADMIN
from apps.access.scopes import tenant_scope
from apps.access.services import grant_role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.common.clock import now_ms
from apps.common.retry import run_in_transaction
from apps.messaging.services.conversations import start_group
from apps.orgs.models import Department
from apps.orgs.services import create_department, create_organisation
from apps.orgs.services.placements import place_person
from apps.tenants.models import Tenant
from apps.tenants.services import SYSTEM_SLUG, create_tenant, ensure_system_tenant
from imsite.errors import OperatorError
from imsite.phrases import phrase
from imsite.privatefile import write_private

DEMO_SLUG: Final = "demo"
GROUP_TITLE: Final = "Everyone 大家"
COMPANY_NAME: Final = "Demo 示例公司"
ADMIN_USERNAME: Final = "admin"
# Neither 0 and o nor 1, l and i: people type these from a terminal.
TYPEABLE_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class DemoUser:
    """One member of the demo company, and where she works in it."""

    username: str
    display_name: str
    department: str
    title: str
    is_leader: bool = False
    locale: str = ""


RESEARCH, PLATFORM, MARKETING = "Research 研发部", "Platform 平台组", "Marketing 市场部"
DEPARTMENTS: Final = {RESEARCH: "", PLATFORM: RESEARCH, MARKETING: ""}
"""Each with the one above it; the first level lies below the company."""

DEMO_USERS: Final = (
    DemoUser("alice", "Alice", RESEARCH, "CTO", is_leader=True),
    DemoUser("bob", "Bob", PLATFORM, "Engineer"),
    DemoUser("carol", "Carol", MARKETING, "Head of marketing", is_leader=True),
    DemoUser("dave", "Dave", MARKETING, "Designer"),
    DemoUser("zhang.wei", "张伟", PLATFORM, "高级工程师", locale="zh-hans"),
    DemoUser("li.na", "李娜", RESEARCH, "产品经理", locale="zh-hans"),
)
"""The first one administers the company."""


def ensure_demo(passwords_file: Path) -> list[tuple[str, str]]:
    """Make the accounts that are missing and return every login with its password.

    The file is written before the accounts, so an interrupted first start never makes one nobody can use.
    """
    passwords = _read_passwords(passwords_file)
    logins = [f"{user.username}@{DEMO_SLUG}" for user in DEMO_USERS] + [f"{ADMIN_USERNAME}@{SYSTEM_SLUG}"]
    existing = set(User.unscoped.filter(login__in=logins).values_list("login", flat=True))
    missing = [login for login in logins if login not in existing]
    if missing:
        passwords |= {login: passwords.get(login) or _choose_password() for login in missing}
        write_private(passwords_file, json.dumps(passwords, indent=2, ensure_ascii=False) + "\n")
        run_in_transaction(lambda: _create_missing(passwords, set(missing)))
    kept_elsewhere = phrase("(chosen earlier; manage.py changepassword gives another)")
    return [(login, passwords.get(login, kept_elsewhere)) for login in logins]


def _create_missing(passwords: dict[str, str], missing: set[str]) -> None:
    tenant = Tenant.objects.filter(slug=DEMO_SLUG).first() or create_tenant(slug=DEMO_SLUG, name="Demo")
    users = [
        create_user(
            tenant,
            username=user.username,
            password=passwords[login],
            display_name=user.display_name,
            locale=user.locale,
        )
        for user in DEMO_USERS
        if (login := f"{user.username}@{DEMO_SLUG}") in missing
    ]
    login = f"{ADMIN_USERNAME}@{SYSTEM_SLUG}"
    if login in missing:
        create_user(
            ensure_system_tenant(),
            username=ADMIN_USERNAME,
            password=passwords[login],
            is_staff=True,
            is_superuser=True,
        )
    if len(users) == len(DEMO_USERS):
        start_group(users[0], title=GROUP_TITLE, member_ids=[user.id for user in users], now_ms=now_ms())
        _found_company(User.unscoped.get(login=login), users)


def _found_company(admin: User, users: list[User]) -> None:
    """Put the people into an organisation, and let the first of them administer it."""
    now, tenant_id = timezone.now(), users[0].tenant_id
    company = create_organisation(admin, name=COMPANY_NAME, now=now, tenant_id=tenant_id)
    departments = {"": Department.objects.for_tenant(tenant_id).get(organisation=company, parent=None)}
    for name, above in DEPARTMENTS.items():
        departments[name] = create_department(admin, parent_id=departments[above].id, name=name, now=now)
    for user, person in zip(users, DEMO_USERS, strict=True):
        place_person(
            admin,
            user_id=user.id,
            department_id=departments[person.department].id,
            title=person.title,
            is_leader=person.is_leader,
            now=now,
        )
    grant_role(admin, user=users[0], role=TENANT_ADMIN, scope=tenant_scope(tenant_id), now=now)


def _read_passwords(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise OperatorError(phrase("{path} cannot be read ({error}): move it away", path=path, error=error)) from error
    if not isinstance(content, dict):
        raise OperatorError(phrase("{path} does not hold logins and passwords: move it away", path=path))
    return {str(login): str(password) for login, password in content.items()}


def _choose_password() -> str:
    letters = [secrets.choice(TYPEABLE_LETTERS) for _ in range(12)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))
