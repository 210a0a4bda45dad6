"""What a tenant sets for itself, as a part of its page: language and notice, how people prove who they are, terminals.

A change that keeps people out, or gives them work, has to be accepted line by line (`consequences`).
"""

from collections.abc import Collection
from typing import Any, Final, get_args

from django import forms
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.access.admin import ServedForm
from apps.tenants.admin.fields import (
    ALLOWED,
    CHOICES,
    DEFAULTS,
    NUMBERS,
    PLATFORMS,
    bound_field,
    choice_field,
    default_text,
    number_field,
)
from apps.tenants.consequences import foreseen, foresight_codes
from apps.tenants.preferences import MAX_NOTICE_CHARS, Preferences, changed_preferences, read_preferences
from apps.wire.frames import Platform

TERMINALS: Final = tuple(f"terminals_{platform}" for platform in get_args(Platform))
GENERAL: Final = ("locale", "notice")
SIGN_IN: Final = ("allow_passwords", "second_factor", *NUMBERS)
TERMINALS_TEXT: Final = _(
    "From how many a person may be signed in at a time, by platform; empty: from as many as she likes. One more "
    "sign-in closes the one used longest ago, and says so there. A new bound holds from the next sign-in on."
)


_WRAPPED: Final = '<span class="block max-w-2xl whitespace-normal">{}</span>'


class RulesForm(ServedForm):
    """The settings as they are; one that is left empty has its default from then on."""

    accepted = forms.MultipleChoiceField(label=_("What follows"), required=False, widget=forms.MultipleHiddenInput)
    locale = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("Of people who chose none."),
        widget=UnfoldAdminSelectWidget,
    )
    notice = forms.CharField(
        label=_("Notice at the sign-in"),
        required=False,
        max_length=MAX_NOTICE_CHARS,
        help_text=_("Whom to ask for an account, when the server rests."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    allow_passwords = choice_field("allow_passwords")
    second_factor = choice_field("second_factor")
    password_min_chars = number_field("password_min_chars")
    password_history = number_field("password_history")
    password_max_age_days = number_field("password_max_age_days")
    lock_after = number_field("lock_after")
    terminals_web = bound_field("web")
    terminals_ios = bound_field("ios")
    terminals_android = bound_field("android")
    terminals_windows = bound_field("windows")
    terminals_macos = bound_field("macos")
    terminals_linux = bound_field("linux")
    terminals_bot = bound_field("bot")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "accepted" not in self.fields:
            return
        self.fields["accepted"].choices = [(code, code) for code in foresight_codes()]  # type: ignore[attr-defined]
        self._before = read_preferences(self.instance.settings)
        self.fields["locale"].choices = [("", gettext("that of the browser")), *settings.LANGUAGES]  # type: ignore[attr-defined]
        for name, value in shown_of(self._before).items():
            self.fields[name].initial = value
            if name in SIGN_IN:
                self.fields[name].help_text = f"{self.fields[name].help_text} {default_text(name)}"

    @property
    def wanted_settings(self) -> dict[str, Any] | None:
        """What was changed of the settings, as the service takes it; None for nothing.

        A field that the browser did not send at all stays as it is.
        """
        changed = {name for name in self.changed_data if name in self.data}
        wanted: dict[str, Any] = {name: self.cleaned_data[name] for name in GENERAL if name in changed}
        own = {name: self._chosen(name) for name in SIGN_IN if name in changed}
        if own:
            wanted["sign_in"] = own
        if changed.intersection(TERMINALS):
            wanted["terminals"] = {"per_platform": self._bounds(changed)}
        return wanted or None

    def clean(self) -> dict[str, Any] | None:
        """Ask for a tick at everything that would follow."""
        cleaned = super().clean()
        if "accepted" not in self.fields or self.errors:
            return cleaned
        wanted = self.wanted_settings
        after = changed_preferences(self.instance.settings, wanted) if wanted else self._before
        follows = foreseen(self.instance, self._before, after)
        ticked = self.data.getlist("accepted")  # type: ignore[attr-defined]  # the page's own form is a QueryDict
        if any(each.code not in ticked for each in follows):
            # The theme keeps what stands beside a box on one line, for labels of a word or two.
            choices = [(each.code, format_html(_WRAPPED, each.text)) for each in follows]
            self.fields["accepted"].widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=choices)
            self.add_error("accepted", gettext("Tick what you accept, and save once more; or change it back."))
        return cleaned

    def _chosen(self, name: str) -> Any:
        value = self.cleaned_data[name]
        if value in (None, ""):
            return DEFAULTS[name]
        return value == ALLOWED[True] if name == "allow_passwords" else value

    def _bounds(self, changed: Collection[str]) -> dict[str, int]:
        """All bounds of the tenant: the service replaces the table as a whole."""
        shown = shown_of(self._before)
        values = {name: self.cleaned_data[name] if name in changed else shown[name] for name in TERMINALS}
        return {name.removeprefix("terminals_"): value for name, value in values.items() if value}


def shown_of(preferences: Preferences) -> dict[str, Any]:
    """Return the settings by the names of their fields."""
    policy = preferences.sign_in
    bounds = preferences.terminals.per_platform
    return {
        **{name: getattr(preferences, name) for name in GENERAL},
        **{name: getattr(policy, name) for name in SIGN_IN},
        "allow_passwords": ALLOWED[policy.allow_passwords],
        **{name: bounds.get(name.removeprefix("terminals_")) for name in TERMINALS},  # type: ignore[call-overload]
    }


def rules_in_words(preferences: Preferences) -> SafeString:
    """Return the settings for whoever may look at them only, a line each."""
    shown = shown_of(preferences)
    lines: list[tuple[Any, Any]] = [(NUMBERS[name][0], shown[name]) for name in NUMBERS]
    lines += [(label, dict(choices)[shown[name]]) for name, (label, _text, choices) in CHOICES.items()]
    lines += [(PLATFORMS[name], shown[f"terminals_{name}"]) for name in PLATFORMS if shown[f"terminals_{name}"]]
    return format_html_join("", "<div>{}: {}</div>", lines)
