"""Fill the browser tests' database, from a process of its own: `python -m tests.webclient.browser.seed PASSWORD`.

Makes people enough for every test to have its own, and what only a program would write: a long history, messages
of every kind with hostile texts. Prints `{"people": [login], "historians": [login, login], "hostile": [login, login],
"operators": [login], "colleagues": [login], "clients": [client id]}`: the colleagues are three people of a company with
departments, the client is a program that asks people of Acme for access.
"""

import json
import secrets
import sys
import uuid
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:  # models can be imported only once Django is set up
    from apps.accounts.models import User
    from apps.conversations.models import Conversation

PEOPLE = 60
HISTORY = 180
ATTACK = "<img src=x onerror=\"window.pwned='{}'\">"
HOSTILE_TITLE = ATTACK.format("title")
HOSTILE_NAME = ATTACK.format("name")


def main(password: str) -> None:
    django.setup()
    from apps.accounts.services import create_user, ensure_applications
    from apps.common.clock import now_ms
    from apps.messaging.services.conversations import start_direct, start_group
    from apps.tenants.services import create_tenant, ensure_system_tenant

    ensure_applications()
    tenant = create_tenant(slug="acme", name="Acme")

    def person(username: str, display_name: str) -> "User":
        return create_user(tenant, username=username, password=password, display_name=display_name)

    people = [person(f"p{n}", f"Person {n:02}") for n in range(PEOPLE)]
    writer, reader = person("writer", "Wren Writer"), person("reader", "Rae Reader")
    long, _ = start_direct(writer, other_id=reader.id, now_ms=now_ms())
    for n in range(HISTORY):
        say(writer if n % 3 else reader, long, "text", {"text": f"line {n:03}"})

    mallory, victim = person("mallory", HOSTILE_NAME), person("victim", "Vic Victim")
    group = start_group(mallory, title=HOSTILE_TITLE, member_ids=[victim.id], now_ms=now_ms())
    for kind, body in hostile_messages():
        say(mallory, group, kind, body)
    root = create_user(
        ensure_system_tenant(),
        username="root",
        password=password,
        is_staff=True,
        is_superuser=True,
        display_name="Root",
    )
    logins = {
        "people": people,
        "historians": [writer, reader],
        "hostile": [mallory, victim],
        "operators": [root],
        "colleagues": make_company(root, password),
    }
    made = {key: [user.login for user in users] for key, users in logins.items()}
    sys.stdout.write(json.dumps({**made, "clients": [make_client(root, tenant.id)]}))


def make_client(root: "User", tenant_id: uuid.UUID) -> str:
    """A program on people's own machines; return the id that it names itself by."""
    from django.utils import timezone

    from apps.accounts.services.program_terms import Terms
    from apps.accounts.services.registrations import register_application

    terms = Terms(name="Planner", scopes=("openid", "profile"), redirect_uris=("http://127.0.0.1/callback",))
    made = register_application(root, tenant_id=tenant_id, kind="app", terms=terms, now=timezone.now())
    return str(made.registration.application.client_id)


def make_company(root: "User", password: str) -> list["User"]:
    """A group with a tree: 陈总 leads 研发部, 王工 is in a team of it, 董秘 in a hidden department."""
    from django.utils import timezone

    from apps.accounts.services import create_user
    from apps.orgs.models import Department
    from apps.orgs.services import create_department, create_organisation
    from apps.orgs.services.placements import place_person
    from apps.tenants.services import create_tenant

    now, tenant = timezone.now(), create_tenant(slug="hanhai", name="瀚海集团")
    organisation = create_organisation(root, name="瀚海科技有限公司", now=now, tenant_id=tenant.id)
    top = Department.objects.for_tenant(tenant.id).get(organisation=organisation, parent=None)
    research = create_department(root, parent_id=top.id, name="研发部", now=now)
    platform = create_department(root, parent_id=research.id, name="平台组", now=now)
    board = create_department(root, parent_id=top.id, name="董事会", is_hidden=True, now=now)
    create_department(root, parent_id=top.id, name="市场部", now=now)
    made = []
    for username, name, department, title in (
        ("chen", "陈总", research, "研发总监"),
        ("wang", "王工", platform, "高级工程师"),
        ("dong", "董秘", board, "董事会秘书"),
    ):
        user = create_user(tenant, username=username, password=password, display_name=name)
        leads = department is research
        place_person(root, user_id=user.id, department_id=department.id, title=title, is_leader=leads, now=now)
        made.append(user)
    return made


def hostile_messages() -> list[tuple[str, dict[str, object]]]:
    """Every field that reaches the page, with markup in it."""
    file = {"file": "javascript:window.pwned='file'", "mime": "text/html", "size_bytes": 1}
    return [
        ("text", {"text": ATTACK.format("text")}),
        ("text", {"text": "javascript:window.pwned='link' data:text/html,<script>window.pwned='data'</script>"}),
        ("text", {"text": "<script>window.pwned='script'</script><svg/onload=window.pwned='svg'>"}),
        ("text", {"text": 'https://evil.test/"onmouseover="window.pwned=1" https://good.test/page'}),
        ("file", {**file, "name": ATTACK.format("file")}),
        ("image", {**file, "mime": "image/svg+xml", "width": 9, "height": 9, "name": ATTACK.format("image")}),
        ("location", {"latitude": 1.5, "longitude": 2.5, "name": ATTACK.format("place"), "address": "<b>x</b>"}),
        ("custom", {"type": "vendor.card", "data": {"title": ATTACK.format("custom")}}),
    ]


def say(user: "User", conversation: "Conversation", kind: str, body: dict[str, object]) -> None:
    """Send one message as this user."""
    from apps.common.clock import now_ms
    from apps.messaging.services.sending import Sender, send_message_sync
    from apps.wire.ids import ConversationId, TenantId, TerminalId, UserId, make_message_id

    terminal, sender = TerminalId(uuid.uuid4()), UserId(user.id)
    message_id = make_message_id(sender, terminal, time_ms=now_ms(), random=secrets.token_bytes(9))
    actor = Sender(tenant_id=TenantId(user.tenant_id), user_id=sender, terminal_id=terminal)
    content = json.dumps(body).encode()
    send_message_sync(
        actor,
        message_id=message_id.to_text(),
        conversation_id=ConversationId(conversation.id),
        kind=kind,
        body=content,
        now_ms=now_ms(),
    )


if __name__ == "__main__":
    main(sys.argv[1])
