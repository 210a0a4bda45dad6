"""The jobs offered are those that one may do, and each leads to a page that opens."""

import pytest

from imsite.overview.jobs import jobs_of
from tests.admin.world import LEVELS, World
from tests.imsite.overview.conftest import Reader

DEPARTMENT = {
    "Add a person",
    "Place somebody",
    "Open the tree",
    "Import a list",
    "Export a list",
    "Grant a role",
    "Search the audit log",
}
TENANT = DEPARTMENT | {"Add an organisation", "Sign-in elsewhere"}


@pytest.mark.parametrize("level", LEVELS)
def test_every_job_that_is_offered_can_be_begun(world: World, reader: Reader, level: str) -> None:
    client = world.client(level)

    opened = {job.text: client.get(job.url).status_code for job in jobs_of(reader.request(level))}

    assert set(opened.values()) == {200}
    expected = {"system": TENANT | {"Add a tenant"}, "tenant": TENANT}
    assert set(opened) == expected.get(level, DEPARTMENT)


def test_who_may_nothing_is_offered_nothing(reader: Reader) -> None:
    assert jobs_of(reader.request("nobody")) == []
