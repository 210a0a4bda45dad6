"""Addresses of signing in at other parties, below `/accounts/`."""

from django.urls import path

from apps.identity.pages import links, saml, via
from apps.identity.providers.base import CALLBACK

urlpatterns = [
    path("via/<uuid:connection_id>/", via.start, name="identity-start"),
    path("via/<uuid:connection_id>/callback/", via.callback, name=CALLBACK),
    path("via/<uuid:connection_id>/saml/", saml.come_back, name="identity-saml"),
    path("via/<uuid:connection_id>/saml/metadata/", saml.metadata, name="identity-saml-metadata"),
    path("links/", links.links, name="account-links"),
    path("links/<uuid:connection_id>/add/", via.link, name="account-link-add"),
    path("links/<uuid:link_id>/remove/", links.unlink, name="account-link-remove"),
]
