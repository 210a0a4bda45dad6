"""The menu of the account centre: every page that was registered, with the one that is open marked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse

from apps.accounts import ways

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

register = template.Library()


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A link of the menu."""

    title: "str | StrPromise"
    url: str
    icon: str
    is_current: bool


@register.simple_tag(takes_context=True)
def account_pages(context: dict[str, Any]) -> list[MenuEntry]:
    """Return the entries in the order of their registration."""
    match = context["request"].resolver_match
    current = "" if match is None else match.view_name
    return [
        MenuEntry(page.title, reverse(page.url_name), page.icon, page.url_name == current)
        for page in ways.account_pages()
    ]
