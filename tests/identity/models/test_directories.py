"""What is kept of directories: a department is one directory's, and everything goes with its connection."""

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.identity.models import Absence, DepartmentLink, DirectoryClock, DirectoryRun
from apps.orgs.models import Department
from tests.identity.conftest import Connect
from tests.orgs.conftest import boss, company, give, root  # noqa: F401 - fixtures


def test_a_department_is_of_one_directory_and_one_entry(root: Department, connect: Connect) -> None:  # noqa: F811
    one, two = connect(root.tenant, "ldap"), connect(root.tenant, "ldap", name="second")
    DepartmentLink(tenant=root.tenant, connection=one, department=root, external_id="d").save()

    with pytest.raises(IntegrityError), transaction.atomic():
        DepartmentLink(tenant=root.tenant, connection=two, department=root, external_id="e").save()


def test_all_of_it_goes_with_the_connection(root: Department, boss: User, connect: Connect) -> None:  # noqa: F811
    connection = connect(root.tenant, "ldap")
    rows = (
        DirectoryRun(tenant=root.tenant, connection=connection),
        DirectoryClock(tenant=root.tenant, connection=connection),
        Absence(tenant=root.tenant, connection=connection, user=boss),
    )
    for row in rows:
        row.save(force_insert=True)
        assert str(row)

    connection.delete()

    assert not any(type(row).unscoped.exists() for row in rows)
