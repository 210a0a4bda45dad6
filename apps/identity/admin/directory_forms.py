"""The form of a directory (LDAP, Active Directory): what is wrong is said at its field, in words.

What a make of directories calls its attributes is filled in on demand; afterwards every field says what it is.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from cryptography import x509
from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.identity.admin.forms import PREFIX, ConnectionForm
from apps.identity.ldap.names import is_dn, is_filter
from apps.identity.ldap.settings import (
    ATTRIBUTE_PATTERN,
    MAX_CA_CHARS,
    MAX_INTERVAL_MINUTES,
    MAX_SERVERS,
    Attributes,
    LdapSettings,
    is_loopback,
    is_server,
    preset,
)

ATTRIBUTE: Final = f"{PREFIX}attribute_"
"""Of the names of fields that say which attribute of an entry is what."""

ATTRIBUTES: Final = {
    "id": _("Lasting id"),
    "username": _("User name"),
    "display_name": _("Name of a person"),
    "email": _("E-mail address"),
    "title": _("Position"),
    "disabled": _("Whether somebody is disabled"),
    "department": _("Name of a department"),
    "member": _("Members of a group"),
}
SECTIONS: Final = (
    (_("Server"), ("servers", "security", "ca_pem", "bind_dn", "secret", "timeout_s", "page_size")),
    (_("People"), ("make", "people_base", "people_filter")),
    (_("Departments"), ("departments", "departments_base", "departments_filter", "department")),
    (_("Attributes"), tuple(f"attribute_{name}" for name in ATTRIBUTES)),
    (_("What is done here"), ("signs_in", "provisioning", "adopts")),
    (_("Synchronisation"), ("interval_minutes", "vanishing_count", "vanishing_percent")),
)
_OF_CONNECTION: Final = ("secret", "department", "provisioning")


def _text(label: Any, help_text: Any = "", *, rows: int = 0, **options: Any) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows}) if rows else UnfoldAdminTextInputWidget()
    return forms.CharField(label=label, help_text=help_text, widget=widget, **options)


def _number(label: Any, help_text: Any, least: int, most: int) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget()
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=most, widget=widget)


def _check_name(value: str) -> None:
    if not is_dn(value):
        raise forms.ValidationError(_("This is no distinguished name, such as ou=People,dc=example,dc=com."))


def _check_filter(value: str) -> None:
    if not is_filter(value):
        raise forms.ValidationError(_("This is no filter, such as (objectClass=person): mind the brackets."))


def _check_certificates(value: str) -> None:
    try:
        x509.load_pem_x509_certificates(value.encode())
    except ValueError:
        raise forms.ValidationError(
            _("No certificate can be read; it begins with -----BEGIN CERTIFICATE-----.")
        ) from None


class _SettingsForm(ConnectionForm):
    """The settings of one directory. What is not stored yet is as it is for most."""

    set_servers = _text(
        _("Servers"),
        _("One to a line, asked in this order: a name, with a colon and a port where it is another than usual."),
        rows=2,
    )
    set_security = forms.ChoiceField(
        label=_("Encryption"),
        choices=(
            ("ldaps", _("TLS from the start (ldaps, port 636)")),
            ("starttls", _("TLS by StartTLS (port 389)")),
            ("plain", _("none: only for a directory on this very machine")),
        ),
        widget=UnfoldAdminSelectWidget,
    )
    set_ca_pem = _text(
        _("Certificates of your authority (PEM)"),
        _("Empty: those that the operating system believes."),
        rows=4,
        required=False,
        max_length=MAX_CA_CHARS,
        validators=[_check_certificates],
    )
    set_bind_dn = _text(
        _("Name to bind with"), _("An account that may read, and nothing else."), validators=[_check_name]
    )
    set_timeout_s = _number(_("Seconds to wait for an answer"), "", 1, 30)
    set_page_size = _number(_("Entries per page"), _("No more than the server gives out at a time."), 10, 1_000)
    set_make = forms.ChoiceField(
        label=_("Fill in for"),
        choices=(
            ("", _("as it is typed below")),
            ("openldap", "OpenLDAP"),
            ("active_directory", "Active Directory"),
        ),
        required=False,
        help_text=_("Puts filters and attributes as this make has them in place of what is typed."),
        widget=UnfoldAdminSelectWidget,
    )
    set_people_base = _text(
        _("Where people are"), _("They are looked for at this entry and below."), validators=[_check_name]
    )
    set_people_filter = _text(_("Filter for people"), validators=[_check_filter])
    set_departments = forms.ChoiceField(
        label=_("Departments are"),
        choices=(
            ("units", _("organisational units: a person is in the one that her entry lies in")),
            ("groups", _("groups: a person is in those that name her")),
            ("none", _("not read: everybody is in the one department")),
        ),
        widget=UnfoldAdminSelectWidget,
    )
    set_departments_base = _text(_("Where departments are"), required=False, max_length=1_000)
    set_departments_filter = _text(_("Filter for departments"), validators=[_check_filter])
    set_signs_in = forms.BooleanField(
        label=_("People sign in with the password of the directory"), required=False, widget=UnfoldBooleanWidget
    )
    set_adopts = forms.BooleanField(
        label=_("Take over departments and accounts of the same name"),
        required=False,
        help_text=_("Never accounts with powers. Otherwise they are left as they are, and told."),
        widget=UnfoldBooleanWidget,
    )
    set_interval_minutes = _number(
        _("Minutes between runs"), _("0: only when somebody asks for one."), 0, MAX_INTERVAL_MINUTES
    )
    set_vanishing_count = _number(
        _("People or departments that may vanish at a time"),
        _("A run that would deactivate or delete more stops, and waits for somebody's yes."),
        0,
        1_000_000,
    )
    set_vanishing_percent = _number(_("The same in percent"), _("Whichever is less. Two always may."), 0, 100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(typed_from(self.instance.config))

    def clean_set_servers(self) -> list[str]:
        """Each must be one."""
        servers: list[str] = self.cleaned_data["set_servers"].split()
        for server in servers:
            if not is_server(server):
                raise forms.ValidationError(_("%(server)s is no server."), params={"server": server})
        if len(servers) > MAX_SERVERS:
            raise forms.ValidationError(_("More than %(limit)d servers."), params={"limit": MAX_SERVERS})
        return servers

    def clean(self) -> dict[str, Any] | None:
        """What depends on another field."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("set_security") == "plain" and not all(map(is_loopback, data.get("set_servers", []))):
            self.add_error("set_security", _("Without encryption the password would be read on its way."))
        if data.get("set_departments") != "none" and not is_dn(data.get("set_departments_base", "")):
            self.add_error("set_departments_base", _("Say below which entry departments are."))
        return data


def _attribute(name: str) -> forms.RegexField:
    is_needed = name not in {"email", "title", "disabled"}
    return forms.RegexField(
        f"^{ATTRIBUTE_PATTERN}$",
        label=ATTRIBUTES[name],
        required=is_needed,
        help_text="" if is_needed else _("Empty: not read."),
        error_messages={"invalid": _("This is no name of an attribute: letters, digits and hyphens.")},
        widget=UnfoldAdminTextInputWidget(),
    )


DirectoryForm: Final = type(
    "DirectoryForm", (_SettingsForm,), {ATTRIBUTE + name: _attribute(name) for name in ATTRIBUTES}
)


def directory_fieldsets() -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the sections of the page: titles, and the names of fields."""
    yield None, {"fields": ("name", "kind", "is_active", "version")}
    for title, names in SECTIONS:
        yield title, {"fields": tuple(name if name in _OF_CONNECTION else PREFIX + name for name in names)}


def typed_from(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields begin with: what is stored, for the rest what is usual."""
    usual = {field.name: field.default for field in msgspec.structs.fields(LdapSettings) if not field.required}
    shown = {**usual, **config, "servers": "\n".join(config.get("servers", ()))}
    attributes = {**msgspec.to_builtins(Attributes()), **config.get("attributes", {})}
    del shown["attributes"]
    return {PREFIX + name: value for name, value in shown.items()} | {
        ATTRIBUTE + name: value for name, value in attributes.items()
    }


def directory_settings_of(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that were typed, or what their make has instead where one was chosen."""
    typed = {name.removeprefix(PREFIX): value for name, value in cleaned.items() if name.startswith(PREFIX)}
    attributes = {name: typed.pop(f"attribute_{name}") for name in ATTRIBUTES}
    make = typed.pop("make")
    if not make:
        return {**typed, "attributes": attributes}
    own = {name: value for name, value in typed.items() if name not in {"people_filter", "departments_filter"}}
    return preset(make, own)
