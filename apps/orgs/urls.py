"""Addresses of the directory in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.orgs.api import directory, people_search, relations

urlpatterns = [
    path("users", people_search.UsersView.as_view(), name="users"),
    path("users/by-login", people_search.UserByLoginView.as_view(), name="user_by_login"),
    path("users/<uuid:user>", people_search.UserDetailView.as_view(), name="user"),
    path("users/<uuid:user>/card", directory.PersonCardDetailView.as_view(), name="card"),
    path("directory", directory.DirectoryView.as_view(), name="directory"),
    path(
        "directory/departments/<uuid:department>", directory.DirectoryDepartmentView.as_view(), name="seen_department"
    ),
    path(
        "directory/departments/<uuid:department>/people",
        directory.DirectoryPeopleView.as_view(),
        name="seen_department_people",
    ),
    path("contacts", relations.ContactsView.as_view(), name="contacts"),
    path("contacts/<uuid:user>", relations.ContactDetailView.as_view(), name="contact"),
]
