from django.urls import resolve, reverse

from apps.webclient.views import chat


def test_the_chat_and_its_callback_are_the_same_page() -> None:
    assert reverse("webclient:chat") == "/chat/"
    assert reverse("webclient:callback") == "/chat/callback"
    assert resolve("/chat/").func is chat
    assert resolve("/chat/callback").func is chat
