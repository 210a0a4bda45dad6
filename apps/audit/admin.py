"""How the audit log looks at the admin. Who may see which entries is decided above this app (`apps.access.admin`)."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Entry
from apps.common.admin import ReadOnlyAdmin, display


class EntryPage(ReadOnlyAdmin[Entry]):
    """Columns, filters and fields of the list and the page."""

    list_display = ("at", "actor_login", "what", "target_label", "via", "address")
    list_filter = ("via", "at")
    search_fields = ("actor_login", "target_label")
    search_help_text = _("A name, or something that was changed")
    ordering = ("-at", "-id")
    fields = (
        "number",
        "at",
        "actor_login",
        "via",
        "address",
        "request_id",
        "scope",
        "what",
        "action",
        "kind",
        "target_label",
        "target_id",
        "values_before",
        "values_after",
        "fingerprint",
    )
    readonly_fields = ("what", "values_before", "values_after", "fingerprint")

    @admin.display(description=_("what was done"), ordering="action")
    def what(self, obj: Entry) -> str:
        """The action in words."""
        return obj.words

    @display(description=_("before"))
    def values_before(self, obj: Entry) -> SafeString:
        """What it was, a value per line."""
        return _lines(obj.before)

    @display(description=_("after"))
    def values_after(self, obj: Entry) -> SafeString:
        """What it became, a value per line."""
        return _lines(obj.after)

    @admin.display(description=_("fingerprint"))
    def fingerprint(self, obj: Entry) -> str:
        """The end of the chain up to here: noted elsewhere, it proves that nothing before was touched."""
        return bytes(obj.digest).hex()


def _lines(values: object) -> SafeString:
    text = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) if values else "–"
    return format_html('<pre class="whitespace-pre-wrap">{}</pre>', text)
