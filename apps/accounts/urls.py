"""Addresses of accounts in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.accounts.api import me

urlpatterns = [
    path("me", me.MeView.as_view(), name="me"),
]
