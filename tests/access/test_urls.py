"""Where powers are to be found."""

from django.urls import reverse


def test_addresses_lie_below_the_version_of_the_api() -> None:
    assert reverse("my-powers") == "/api/v1/me/powers"
    assert reverse("grants") == "/api/v1/grants"
    assert reverse("audit") == "/api/v1/audit"
