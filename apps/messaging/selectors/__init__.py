"""Reading conversations and their logs. Plain names are for the event loop, `…_sync` for Django's connection."""

from apps.messaging.selectors.conversations import (
    Since,
    changed_since,
    changed_since_sync,
    conversation_state,
    conversation_state_sync,
    conversation_view,
    conversation_view_sync,
    list_conversations,
    list_conversations_sync,
    list_members,
    list_members_sync,
    went_on,
)
from apps.messaging.selectors.events import history, history_sync, sync_events, sync_events_sync

__all__ = [
    "Since",
    "changed_since",
    "changed_since_sync",
    "conversation_state",
    "conversation_state_sync",
    "conversation_view",
    "conversation_view_sync",
    "history",
    "history_sync",
    "list_conversations",
    "list_conversations_sync",
    "list_members",
    "list_members_sync",
    "sync_events",
    "sync_events_sync",
    "went_on",
]
