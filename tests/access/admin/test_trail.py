"""The audit log at the admin: within reach, searchable, never changed."""

from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.access.scopes import tenant_scope
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.audit.services import Change, record

LIST = "admin:audit_entry_changelist"


def note(user: User, action: str, **after: str) -> Entry:
    with transaction.atomic():
        return record(
            Change(
                tenant_id=user.tenant_id,
                actor_id=user.id,
                actor_login=user.login,
                scope=tenant_scope(user.tenant_id).path,
                action=action,
                kind="user",
                target_id=user.id,
                target_label=user.login,
                after=after,
            )
        )


def listed(client: Client, **query: str) -> list[str]:
    return [entry.action for entry in client.get(reverse(LIST), query).context["cl"].result_list]


def test_entries_of_other_tenants_do_not_exist(boss_pages: Client, alice: User, eve: User) -> None:
    note(alice, "accounts.user.renamed", name="艾丽斯")
    foreign = note(eve, "accounts.user.renamed", name="艾丽斯")

    assert listed(boss_pages) == ["accounts.user.renamed"]
    assert listed(boss_pages, q="艾丽斯") == ["accounts.user.renamed"]
    assert listed(boss_pages, q="eve") == []
    for page in ("change", "history", "delete"):
        assert boss_pages.get(reverse(f"admin:audit_entry_{page}", args=[foreign.pk])).status_code == 404


def test_the_page_of_an_entry_says_what_changed(boss_pages: Client, alice: User) -> None:
    entry = note(alice, "accounts.user.renamed", name="<b>艾丽斯</b>")

    for page in ("change", "history"):
        text = boss_pages.get(reverse(f"admin:audit_entry_{page}", args=[entry.pk])).content.decode()

        assert "&lt;b&gt;艾丽斯&lt;/b&gt;" in text
        assert bytes(entry.digest).hex() in text


def test_nobody_changes_or_deletes_one(boss_pages: Client, superuser: User, alice: User) -> None:
    entry = note(alice, "x")
    client = Client()
    client.force_login(superuser)

    for pages in (boss_pages, client):
        codes = [
            pages.post(reverse("admin:audit_entry_change", args=[entry.pk]), {"action": "y"}).status_code,
            pages.post(reverse("admin:audit_entry_delete", args=[entry.pk]), {"post": "yes"}).status_code,
            pages.get(reverse("admin:audit_entry_add")).status_code,
        ]

        assert codes == [403, 403, 403]
    assert Entry.unscoped.get(pk=entry.pk).action == "x"
