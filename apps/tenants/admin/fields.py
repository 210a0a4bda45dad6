"""The words and the form fields of what a tenant sets for itself.

Bounds and defaults are read from the structs of `preferences`, so that page, REST and storage can't differ.
"""

from typing import Any, Final

import msgspec
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from apps.tenants.preferences import MAX_TERMINALS_OF_PLATFORM, SignInPolicy

NUMBERS: Final = {
    "password_min_chars": (
        _("Length of passwords"),
        _("Characters that a new password needs at least. Those that people have stay good."),
    ),
    "password_history": (
        _("Former passwords"),
        _("So many that somebody had before can't be taken again; 0: all may. Each costs time when one is chosen."),
    ),
    "password_max_age_days": (
        _("Age of passwords in days"),
        _("Who has an older one chooses another at the next sign-in; 0: never, which is what experts advise."),
    ),
    "lock_after": (
        _("Failures before a wait"),
        _("After so many wrong tries in a row from one address the next one has to wait, longer every time."),
    ),
}
CHOICES: Final = {
    "allow_passwords": (
        _("Sign-in with a password"),
        _("Without, people come in by passkeys, linked accounts and directories alone; superusers excepted."),
        (("yes", _("allowed")), ("no", _("switched off"))),
    ),
    "second_factor": (
        _("Second factor"),
        _("An authenticator app or a passkey. Who has to have one and has none sets it up at the next sign-in."),
        (
            ("optional", _("whoever wants one")),
            ("admins", _("whoever administers something")),
            ("everyone", _("everybody")),
        ),
    ),
}
PLATFORMS: Final[dict[str, Any]] = {
    "web": _("Browsers"),
    "ios": "iOS",
    "android": "Android",
    "windows": "Windows",
    "macos": "macOS",
    "linux": "Linux",
    "bot": _("Programs"),
}

ALLOWED: Final = {True: "yes", False: "no"}
"""How the page says whether passwords are allowed: a select, as a box without a tick is not sent by browsers."""
DEFAULTS: Final = {field.name: field.default for field in msgspec.structs.fields(SignInPolicy)}

_BOUNDS: Final[dict[str, Any]] = {
    field.name: msgspec.inspect.type_info(field.type) for field in msgspec.structs.fields(SignInPolicy)
}


def default_text(name: str) -> str:
    """Return what is so where a tenant sets nothing."""
    default: Any = DEFAULTS[name]
    if name in CHOICES:
        default = dict(CHOICES[name][2])[ALLOWED[default] if name == "allow_passwords" else default]
    return gettext("Default: %(value)s.") % {"value": default}


def number_field(name: str) -> forms.IntegerField:
    """Return the field of a number of the policy; empty is its default."""
    label, text = NUMBERS[name]
    bounds: Any = _BOUNDS[name]
    return forms.IntegerField(
        label=label,
        help_text=text,
        required=False,
        min_value=bounds.ge,
        max_value=bounds.le,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def choice_field(name: str) -> forms.ChoiceField:
    """Return the field of one of the policy's choices."""
    label, text, choices = CHOICES[name]
    return forms.ChoiceField(
        label=label, help_text=text, required=False, choices=choices, widget=UnfoldAdminSelectWidget
    )


def bound_field(platform: str) -> forms.IntegerField:
    """Return the field of how many terminals of a platform a person has."""
    return forms.IntegerField(
        label=PLATFORMS[platform],
        required=False,
        min_value=1,
        max_value=MAX_TERMINALS_OF_PLATFORM,
        widget=UnfoldAdminIntegerFieldWidget,
    )
