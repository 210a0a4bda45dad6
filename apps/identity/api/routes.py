"""Addresses of SCIM, below `/scim/<connection>/v2/`."""

from django.urls import path, re_path

from apps.identity.api import scim

urlpatterns = [
    path("Users", scim.UsersView.as_view(), name="users"),
    re_path(r"^(?P<kind>Users|Groups)/\.search$", scim.SearchView.as_view(), name="search"),
    path("Users/<str:key>", scim.UserView.as_view(), name="user"),
    path("Groups", scim.GroupsView.as_view(), name="groups"),
    path("Groups/<str:key>", scim.GroupView.as_view(), name="group"),
    re_path(r"^(?P<what>ServiceProviderConfig|ResourceTypes|Schemas)$", scim.DiscoveryView.as_view(), name="discovery"),
    path("ResourceTypes/<str:key>", scim.DiscoveryView.as_view(), {"what": "ResourceTypes"}, name="resource-type"),
    path("Schemas/<str:key>", scim.DiscoveryView.as_view(), {"what": "Schemas"}, name="schema"),
    path("<path:rest>", scim.NothingView.as_view(), name="nothing"),
]
