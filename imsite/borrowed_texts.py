"""Texts that the libraries behind the admin show and have no Chinese for: here, so that our catalogue has it.

Nothing reads this list when the server runs; the check of the catalogue does.
"""

from typing import Final

from django.utils.translation import gettext_noop

ADMIN_TEXTS: Final = (
    gettext_noop("Apply Filters"),
    gettext_noop("Cancel"),
    gettext_noop("Choose file to upload"),
    gettext_noop("Collapse"),
    gettext_noop("Dark"),
    gettext_noop("Date from"),
    gettext_noop("Date to"),
    gettext_noop("Expand row"),
    gettext_noop("False"),
    gettext_noop("From"),
    gettext_noop("General"),
    gettext_noop("Go back"),
    gettext_noop("Light"),
    gettext_noop("Loading more results..."),
    gettext_noop("More actions"),
    gettext_noop("No data"),
    gettext_noop("No recent searches"),
    gettext_noop("No results found"),
    gettext_noop("No results matching your query"),
    gettext_noop("Recent searches"),
    gettext_noop("Reset filters"),
    gettext_noop("Return to site"),
    gettext_noop("Run"),
    gettext_noop("Search apps and models..."),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("Select value"),
    gettext_noop("System"),
    gettext_noop("This object doesn't have a change history."),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("To"),
    gettext_noop("Toggle password visibility"),
    gettext_noop("True"),
    gettext_noop("Type to search"),
    gettext_noop("Value"),
    gettext_noop("Welcome"),
    gettext_noop("Welcome back to"),
    gettext_noop("You have been successfully logged out from the administration"),
)

OAUTH_TEXTS: Final = (
    gettext_noop("Allowed URIs list, space separated"),
    gettext_noop("Authorization code"),
    gettext_noop("Client credentials"),
    gettext_noop("Confidential"),
    gettext_noop("Device Code"),
    gettext_noop("Implicit"),
    gettext_noop("OpenID connect hybrid"),
    gettext_noop("Public"),
    gettext_noop("Resource owner password-based"),
)
