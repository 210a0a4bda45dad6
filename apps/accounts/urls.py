"""Addresses of accounts in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.accounts import api

urlpatterns = [
    path("me", api.MeView.as_view(), name="me"),
    path("users", api.UsersView.as_view(), name="users"),
    path("users/<uuid:user>", api.UserDetailView.as_view(), name="user"),
]
