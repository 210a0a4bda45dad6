"""What is here of a directory, in the planner's words."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.access.models import Grant
from apps.access.selectors import below
from apps.accounts.models import User
from apps.identity.models import Absence, Connection, DepartmentLink, Link
from apps.identity.syncing.states import Present, PresentDepartment, PresentPerson, PresentPlace
from apps.orgs.models import Department, Placement


def read_present(connection: Connection, root: Department, usernames: Collection[str]) -> Present:
    """Return the departments below the connection's, its people, and those who have a user name of the directory's.

    Nine queries.
    """
    keys = dict(
        Link.objects.for_tenant(connection.tenant_id)
        .filter(connection=connection)
        .values_list("user_id", "external_id")
    )
    return Present(
        root=root.pk,
        departments=tuple(_departments(connection, root)),
        people=tuple(_people(connection, root, keys, usernames)),
    )


def _departments(connection: Connection, root: Department) -> Iterator[PresentDepartment]:
    tenant_id = connection.tenant_id
    links = DepartmentLink.objects.for_tenant(tenant_id).filter(connection=connection)
    keys = dict(links.values_list("department_id", "external_id"))
    theirs = Link.objects.for_tenant(tenant_id).filter(connection=connection)
    places = Placement.objects.for_tenant(tenant_id).filter(department_id__in=list(keys))
    strangers = places.exclude(user_id__in=theirs.values("user_id"))
    with_locals = set(strangers.values_list("department_id", flat=True))
    rows = Department.objects.for_tenant(tenant_id)
    # One that somebody has moved elsewhere is the directory's all the same, and is brought back.
    found = rows.filter(below((root.scope,), field="path") | Q(pk__in=list(keys))).exclude(pk=root.pk)
    for key, parent, name in found.values_list("id", "parent_id", "name").order_by("lft", "id"):
        yield PresentDepartment(key, parent, name, keys.get(key), key in with_locals)


def _people(
    connection: Connection, root: Department, keys: dict[UUID, str], usernames: Collection[str]
) -> Iterator[PresentPerson]:
    tenant_id = connection.tenant_id
    users = list(
        User.objects.for_tenant(tenant_id).filter(Q(pk__in=list(keys)) | Q(username__in=list(usernames))).order_by("id")
    )
    ids = [user.pk for user in users]
    absent = set(_of(Absence, connection).values_list("user_id", flat=True))
    powerful = set(Grant.objects.for_tenant(tenant_id).filter(user_id__in=ids).values_list("user_id", flat=True))
    elsewhere = set(Link.objects.for_tenant(tenant_id).filter(user_id__in=ids).values_list("user_id", flat=True))
    places, primary = _places(connection, root, ids)
    for user in users:
        is_plain = not (user.is_staff or user.is_superuser or user.kind != User.Kind.PERSON)
        yield PresentPerson(
            id=user.pk,
            username=user.username,
            display_name=user.display_name,
            email=user.email,
            is_active=user.is_active,
            key=keys.get(user.pk),
            is_adoptable=is_plain and user.pk not in powerful and user.pk not in elsewhere,
            is_ours_to_activate=not user.is_active and user.pk in absent,
            has_primary_elsewhere=user.pk in primary,
            places=places[user.pk],
        )


def _places(
    connection: Connection, root: Department, users: list[UUID]
) -> tuple[dict[UUID, dict[UUID, PresentPlace]], set[UUID]]:
    """The places of people within the directory's department, and who has her primary one elsewhere."""
    own = set(_of(DepartmentLink, connection).values_list("department_id", flat=True))
    found: defaultdict[UUID, dict[UUID, PresentPlace]] = defaultdict(dict)
    elsewhere: set[UUID] = set()
    rows = Placement.objects.for_tenant(connection.tenant_id).filter(user_id__in=users).order_by("id")
    columns = ("user_id", "department_id", "department__path", "title", "is_primary")
    for user, department, path, title, is_primary in rows.values_list(*columns):
        if department in own or path == root.path or path.startswith(root.path + "/"):
            found[user][department] = PresentPlace(title, is_primary)
        elif is_primary:
            elsewhere.add(user)
    return found, elsewhere


def _of(model: type[Absence] | type[DepartmentLink], connection: Connection) -> QuerySet[Absence | DepartmentLink]:
    return model.objects.for_tenant(connection.tenant_id).filter(connection=connection)
