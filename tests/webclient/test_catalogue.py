"""Every refusal that the server can give to the web chat has a text there."""

import re

import pytest

import apps.conversations.errors as conversation_errors
import apps.messaging.errors as messaging_errors
from apps.accounts.errors import SignInLimited, TerminalRefused, TokenInvalid, UserNotFound
from apps.common.errors import ImError, InvalidInput, Unavailable
from apps.orgs.errors import Blocked, BlocksFull, ContactRequestsFull, DepartmentNotFound, WritingNotAgreed
from apps.wire.errors import ErrorCode
from imsite.env import ROOT

# What only a faulty program meets; the chat then shows the code itself.
FOR_PROGRAMS = {"bad_frame", "unknown_op", "already_signed_in"}


def server_codes() -> set[str]:
    modules = (conversation_errors, messaging_errors)
    classes = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    of_people = [Blocked, BlocksFull, ContactRequestsFull, DepartmentNotFound, UserNotFound, WritingNotAgreed]
    refusals = [*classes, *of_people, SignInLimited, TerminalRefused, TokenInvalid, InvalidInput, Unavailable]
    declared = {error.code for error in refusals if issubclass(error, ImError)}
    return (declared | {code.value for code in ErrorCode}) - FOR_PROGRAMS


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_code_has_a_text(language: str) -> None:
    catalogue = (ROOT / "static" / "js" / "i18n" / f"{language}.js").read_text(encoding="utf-8")

    known = set(re.findall(r'"error\.(\w+)":', catalogue))

    assert server_codes() - known == set()
