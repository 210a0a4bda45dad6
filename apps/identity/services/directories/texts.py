"""What codes of directories mean, in the words of whoever administers one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.identity.ldap.failures import DirectoryFailed, Trouble

TROUBLES: Final[Mapping[str, "str | Promise"]] = {
    Trouble.UNREACHABLE: _("no server can be reached: check the addresses, the port and the firewall"),
    Trouble.TIMEOUT: _("the server does not answer in time"),
    Trouble.TLS_REFUSED: _("no encrypted connection comes about: the server refuses StartTLS, or speaks no TLS there"),
    Trouble.CERTIFICATE: _(
        "the server's certificate is not believed: give the certificate of the authority, and the name that it is for"
    ),
    Trouble.BIND_REFUSED: _("the name or the password to bind with is refused"),
    Trouble.NO_SUCH_BASE: _("there is no such base, or the name to bind with may not see it"),
    Trouble.BAD_FILTER: _("a filter is not understood"),
    Trouble.NOT_PERMITTED: _("the name to bind with may not read this"),
    Trouble.TOO_MANY: _("the server answers with fewer entries than there are, or there are too many"),
    Trouble.REFERRAL: _("the server refers to another one; name that one instead, referrals are not followed"),
    Trouble.PROTOCOL: _("the server answers something else than expected"),
}
OWN_TROUBLES: Final[Mapping[str, "str | Promise"]] = {
    "unset": _("the settings are not complete"),
    "broken_off": _("it was broken off: the process that did it has ended, or something has gone wrong"),
}
"""What keeps a run from its end besides the directory."""
FINDINGS: Final[Mapping[str, "str | Promise"]] = {
    "incomplete": _("the entry has no lasting id or no name"),
    "unusable": _("the name can't be used here"),
    "left_out": _("the address or the title can't be used here and is left out"),
    "key_twice": _("the directory has this id twice"),
    "no_parent": _("it lies below nothing that is synchronised"),
    "parent_left_out": _("what it lies below is left out"),
    "name_twice": _("another department there has this name"),
    "name_taken": _("a department that is not the directory's has this name there"),
    "below_itself": _("it would come to lie below itself"),
    "not_empty": _("it is gone from the directory, but something that is not the directory's is in it"),
    "person_twice": _("the directory has this person or user name twice"),
    "username_taken": _("an account that is not the directory's has this user name"),
    "no_account": _("nobody has this account, and the connection makes none"),
    "too_many_places": _("she is in more departments than anybody can be"),
    "refused": _("refused"),
}
STEPS: Final[Mapping[str, "str | Promise"]] = {
    "CreateDepartment": _("make a department"),
    "AdoptDepartment": _("take over a department"),
    "RenameDepartment": _("rename a department"),
    "MoveDepartment": _("move a department"),
    "DeleteDepartment": _("delete a department"),
    "CreatePerson": _("make an account"),
    "AdoptPerson": _("take over an account"),
    "ChangePerson": _("change a name or an address"),
    "ActivatePerson": _("let somebody in again"),
    "DeactivatePerson": _("deactivate an account"),
    "PlacePerson": _("place somebody in a department"),
    "RemovePlace": _("take somebody out of a department"),
}


FIELDS: Final[Mapping[str, "str | Promise"]] = {
    "display_name": _("name"),
    "email": _("e-mail"),
    "parent": _("below"),
    "department": _("department"),
    "title": _("position"),
    "old": _("before"),
    "is_parking": _("for the moment"),
    "is_gone": _("gone from the directory"),
    "is_primary": _("main department"),
    "is_there": _("is there already"),
}


def told_change(change: Sequence[Any]) -> tuple[str, str, str]:
    """Return what a stored change does, to whom or what, and the rest in words. Early runs have words already."""
    kind, subject, detail = change
    if isinstance(detail, Mapping):
        told = [(str(text), detail[name]) for name, text in FIELDS.items() if name in detail]  # stored in no order
        parts = (text if value is True else f"{text}: {value}" for text, value in told)
        detail = ", ".join(parts)
    return str(STEPS[kind]), subject, detail


def run_trouble_text(trouble: str, detail: str) -> str:
    """Return why a run failed, in words; "" for one that did not."""
    text = str({**TROUBLES, **OWN_TROUBLES}.get(trouble, trouble))
    return f"{text} ({detail})" if text and detail else text


def trouble_text(error: DirectoryFailed) -> str:
    """Return what went wrong, with the server's own word."""
    about = " ".join(part for part in (error.server, error.detail) if part)
    text = str(TROUBLES[error.trouble])
    return f"{text} ({about})" if about else text
