"""Whatever identity puts into the audit log has words, in both languages."""

import re

from django.utils import translation

from apps.accounts.services.happening_words import WORDS as OF_PEOPLE
from apps.audit.words import words_of
from apps.identity.models import DirectoryRun
from apps.identity.services.trail import WORDS
from imsite.env import ROOT

State = DirectoryRun.State
ENDS = (State.APPLIED, State.STOPPED, State.STALE, State.FAILED)
"""Of runs that are no previews."""
SAID = re.compile(r"""(connection|link)_entry\(\s*(?:\w+(?:\.\w+)*,\s*)?f?"([a-z_.{}]+)\"""")


def actions() -> set[str]:
    """Every action that the sources name."""
    found = set()
    for path in (ROOT / "apps" / "identity").rglob("*.py"):
        for kind, said in SAID.findall(path.read_text(encoding="utf-8")):
            for end in ENDS if "{run.state}" in said else ("",):
                action = said.replace("{run.state}", end)
                found.add(f"identity.link.{action}" if kind == "link" else f"identity.{action}")
    return found


def test_every_action_has_words_in_both_languages() -> None:
    ours = {action for action in OF_PEOPLE if action.startswith("identity.")}

    assert actions() == set(WORDS) | ours
    for language, is_ascii in (("en", True), ("zh-hans", False)):
        with translation.override(language):
            words = {action: words_of(action) for action in actions()}
        assert {
            action: text for action, text in words.items() if text.isascii() is not is_ascii or text == action
        } == {}
