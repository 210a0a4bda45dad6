"""Addresses of OAuth2 and OpenID Connect, below `/oauth/`; what programs look for at the root is in `ROOT`."""

from django.urls import path
from django.views.decorators.http import require_safe

from apps.accounts.oauth import authorize, endpoints, openid

CONFIGURATION = require_safe(openid.configuration)
KEY_SET = require_safe(openid.key_set)

urlpatterns = [
    path("authorize/", authorize.AuthorizeView.as_view(), name="authorize"),
    path("token/", endpoints.GuardedTokenView.as_view(), name="token"),
    path("revoke_token/", endpoints.BoundedRevokeTokenView.as_view(), name="revoke-token"),
    path("introspect/", endpoints.IntrospectTokenView.as_view(), name="introspect"),
    path("userinfo/", openid.BoundedUserInfoView.as_view(), name="user-info"),
    path("logout/", openid.LogoutView.as_view(), name="rp-initiated-logout"),
    path(".well-known/openid-configuration", CONFIGURATION, name="oidc-connect-discovery-info"),
    path(".well-known/jwks.json", KEY_SET, name="jwks-info"),
]

ROOT = [
    path(".well-known/openid-configuration", CONFIGURATION, name="openid-configuration"),
    path(".well-known/oauth-authorization-server", CONFIGURATION, name="oauth-authorization-server"),
    path(".well-known/jwks.json", KEY_SET, name="jwks"),
]
