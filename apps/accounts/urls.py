"""Addresses of accounts in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.accounts import api

urlpatterns = [
    path("me", api.MeView.as_view(), name="me"),
]
