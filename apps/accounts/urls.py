"""Addresses of accounts in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.accounts.api import applications, me, security, service_accounts, terminals, tickets

urlpatterns = [
    path("applications", applications.ApplicationsView.as_view(), name="applications"),
    path("applications/<uuid:application>", applications.ApplicationDetailView.as_view(), name="application"),
    path(
        "applications/<uuid:application>/secret",
        applications.ApplicationSecretView.as_view(),
        name="application-secret",
    ),
    path("me", me.MeView.as_view(), name="me"),
    path("me/security", security.SecurityView.as_view(), name="me-security"),
    path("me/terminals", terminals.TerminalsView.as_view(), name="terminals"),
    path("me/terminals/revoke-others", terminals.OtherTerminalsView.as_view(), name="terminals-revoke-others"),
    path("me/terminals/<uuid:terminal>", terminals.TerminalDetailView.as_view(), name="terminal"),
    path("service-accounts", service_accounts.ServiceAccountsView.as_view(), name="service-accounts"),
    path("service-accounts/<uuid:account>", service_accounts.OneServiceAccountView.as_view(), name="service-account"),
    path(
        "service-accounts/<uuid:account>/status",
        service_accounts.ServiceAccountsStatusView.as_view(),
        name="service-account-status",
    ),
    path(
        "service-accounts/<uuid:account>/secret",
        service_accounts.ServiceAccountsSecretView.as_view(),
        name="service-account-secret",
    ),
    path("tickets", tickets.TicketsView.as_view(), name="tickets"),
    path("tickets/spend", tickets.SpentTicketsView.as_view(), name="tickets-spend"),
]
