"""Fill the browser tests' database, from a process of its own: `python -m tests.webclient.browser.seed PASSWORD`.

Makes people enough for every test to have its own, and what only a program would write: a long history, messages
of every kind with hostile texts. Prints `{"people": [login], "historians": [login, login], "hostile": [login, login],
"operators": [login]}`.
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
    logins = {"people": people, "historians": [writer, reader], "hostile": [mallory, victim], "operators": [root]}
    sys.stdout.write(json.dumps({key: [user.login for user in users] for key, users in logins.items()}))


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
