"""Fill a fresh installation, from a process of its own: `python -m tests.resilience.seed PASSWORD`.

Prints `{"users": {login: id}, "conversations": [id]}`.
"""

import json
import sys

import django


def main(password: str) -> None:
    django.setup()
    from apps.accounts.services import create_user
    from apps.common.clock import now_ms
    from apps.messaging.services.conversations import start_direct, start_group
    from apps.tenants.services import create_tenant

    tenant = create_tenant(slug="acme", name="Acme")
    people = [create_user(tenant, username=name, password=password) for name in ("alice", "bob", "carol")]
    alice, bob, carol = people
    conversations = [
        start_group(alice, title="All", member_ids=[bob.id, carol.id], now_ms=now_ms()),
        start_group(bob, title="All again", member_ids=[alice.id, carol.id], now_ms=now_ms()),
        start_direct(alice, other_id=bob.id, now_ms=now_ms())[0],
    ]
    seeded = {
        "users": {user.login: str(user.id) for user in people},
        "conversations": [str(conversation.id) for conversation in conversations],
    }
    sys.stdout.write(json.dumps(seeded))


if __name__ == "__main__":
    main(sys.argv[1])
