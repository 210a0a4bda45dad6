"""Addresses of accounts in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.accounts.api import me, tickets

urlpatterns = [
    path("me", me.MeView.as_view(), name="me"),
    path("tickets", tickets.TicketsView.as_view(), name="tickets"),
    path("tickets/spend", tickets.SpentTicketsView.as_view(), name="tickets-spend"),
]
