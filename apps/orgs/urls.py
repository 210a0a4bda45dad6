"""Addresses of the directory in the REST API, below `/api/v1/`."""

from django.urls import path

from apps.orgs.api import (
    agreements,
    departments,
    directory,
    imports,
    organisations,
    people,
    people_search,
    placements,
    relations,
)

ORGANISATION = "organisations/<uuid:organisation>"
DEPARTMENT = "departments/<uuid:department>"
PERSON = "people/<uuid:user>"

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
    path("organisations", organisations.OrganisationsView.as_view(), name="organisations"),
    path(ORGANISATION, organisations.OrganisationDetailView.as_view(), name="organisation"),
    path(f"{ORGANISATION}/status", organisations.OrganisationStatusView.as_view(), name="organisation-status"),
    path(f"{ORGANISATION}/agreements", agreements.AgreementsView.as_view(), name="agreements"),
    path(f"{ORGANISATION}/imports", imports.ImportsView.as_view(), name="imports"),
    path(f"{ORGANISATION}/export", imports.ExportView.as_view(), name="export"),
    path("agreements/<uuid:agreement>", agreements.AgreementDetailView.as_view(), name="agreement"),
    path("departments", departments.DepartmentsView.as_view(), name="departments"),
    path("departments/bulk", departments.DepartmentsBulkView.as_view(), name="departments-bulk"),
    path(DEPARTMENT, departments.DepartmentDetailView.as_view(), name="department"),
    path(f"{DEPARTMENT}/children", departments.DepartmentChildrenView.as_view(), name="department-children"),
    path(f"{DEPARTMENT}/move", departments.DepartmentMoveView.as_view(), name="department-move"),
    path(f"{DEPARTMENT}/placements", placements.DepartmentPlacementsView.as_view(), name="department-placements"),
    path("people", people.PeopleView.as_view(), name="people"),
    path("people/bulk", people.PeopleBulkView.as_view(), name="people-bulk"),
    path(PERSON, people.PersonView.as_view(), name="person"),
    path(f"{PERSON}/status", people.PersonStatusView.as_view(), name="person-status"),
    path(f"{PERSON}/password", people.PersonPasswordView.as_view(), name="person-password"),
    path(f"{PERSON}/placements", placements.PersonPlacementsView.as_view(), name="person-placements"),
    path("placements/bulk", placements.PlacementsBulkView.as_view(), name="placements-bulk"),
    path("placements/<uuid:placement>", placements.PlacementDetailView.as_view(), name="placement"),
    path("imports/<uuid:source>", imports.ImportDetailView.as_view(), name="import"),
    path("imports/<uuid:source>/apply", imports.ImportApplyView.as_view(), name="import-apply"),
]
