import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from apps.webclient.csp import relaxed_policy, strict_policy
from apps.webclient.middleware import FORM_TARGETS, HEADER, ContentSecurityPolicyMiddleware


def respond(path: str, **headers: str) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers=headers)

    response = ContentSecurityPolicyMiddleware(view)(RequestFactory().get(path))
    assert isinstance(response, HttpResponse)
    return response


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/v1/me", "/administration", "/api/docs"])
def test_ordinary_pages_get_the_strict_policy(path: str) -> None:
    assert respond(path)[HEADER] == strict_policy()


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/api/docs/"])
def test_pages_with_inline_libraries_get_the_relaxed_policy(path: str) -> None:
    assert respond(path)[HEADER] == relaxed_policy()


def test_a_policy_set_by_the_view_stays() -> None:
    response = respond("/chat/", **{HEADER: "default-src 'self'"})

    assert response[HEADER] == "default-src 'self'"


def test_a_view_names_where_its_forms_lead() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse()
        setattr(response, FORM_TARGETS, ["https://app.test/back"])
        return response

    response = ContentSecurityPolicyMiddleware(view)(RequestFactory().get("/oauth/authorize/"))

    assert isinstance(response, HttpResponse)
    assert response[HEADER] == strict_policy(forms=["https://app.test/back"])
