"""How an entry looks: values as they are, escaped, and the end of the chain."""

from django.contrib import admin

from apps.audit.admin import EntryPage
from apps.audit.models import Entry


def shown(entry: Entry) -> tuple[str, str, str]:
    page = EntryPage(Entry, admin.site)
    return str(page.values_before(entry)), str(page.values_after(entry)), page.fingerprint(entry)


def test_values_are_shown_in_their_own_script_and_escaped() -> None:
    entry = Entry(before={}, after={"name": "<i>北方</i>"}, digest=b"\x01\xff")

    before, after, fingerprint = shown(entry)

    assert ">–<" in before
    assert "&lt;i&gt;北方&lt;/i&gt;" in after
    assert fingerprint == "01ff"
