"""Addresses of the web chat, below `/chat/`. The OAuth 2 redirect comes back to the same page."""

from django.urls import path

from apps.webclient import views

app_name = "webclient"

urlpatterns = [
    path("", views.chat, name="chat"),
    path("callback", views.chat, name="callback"),
]
