"""Addresses of the pages about one's own account, below `/accounts/`."""

from django.urls import path

from apps.accounts.pages import centre, programs, terminals

urlpatterns = [
    path("", centre.overview, name="account"),
    path("programs/", programs.programs, name="account-programs"),
    path("programs/<int:application_id>/withdraw/", programs.take_back, name="account-program-withdraw"),
    path("terminals/", terminals.terminals, name="account-terminals"),
    path("terminals/browsers/<uuid:browser_id>/end/", terminals.end_browser, name="account-browser-end"),
    path("terminals/others/revoke/", terminals.revoke_others, name="account-terminals-revoke-others"),
    path("terminals/<uuid:terminal_id>/rename/", terminals.rename, name="account-terminal-rename"),
    path("terminals/<uuid:terminal_id>/revoke/", terminals.revoke, name="account-terminal-revoke"),
]
