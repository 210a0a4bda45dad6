"""Addresses of conversations in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.messaging.api import blocks, conversations, events, members

ONE = "conversations/<uuid:conversation>"

urlpatterns = [
    path("conversations", conversations.ConversationsView.as_view(), name="conversations"),
    path(ONE, conversations.ConversationDetailView.as_view(), name="conversation"),
    path(f"{ONE}/members", members.MembersView.as_view(), name="members"),
    path(f"{ONE}/members/<uuid:user>", members.MemberDetailView.as_view(), name="member"),
    path(f"{ONE}/events", events.EventsView.as_view(), name="events"),
    path("blocks", blocks.BlocksView.as_view(), name="blocks"),
    path("blocks/<uuid:user>", blocks.BlockDetailView.as_view(), name="block"),
    path(f"{ONE}/cursor", events.CursorView.as_view(), name="cursor"),
]
