"""Addresses of the pages about one's own account, below `/accounts/`."""

from django.urls import path

from apps.accounts.pages import centre

urlpatterns = [
    path("", centre.overview, name="account"),
]
