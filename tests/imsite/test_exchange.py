"""`manage.py orgs import|export`: files at the command line, with somebody's powers."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.audit.models import Entry
from apps.orgs.exchange.sheets import read_lines
from apps.orgs.models import Department, Organisation
from apps.orgs.services import create_organisation
from apps.tenants.models import Tenant
from tests.conftest import PASSWORD


@pytest.fixture
def company(tenant: Tenant) -> Organisation:
    boss = create_user(tenant, username="boss", password=PASSWORD, is_superuser=True)
    return create_organisation(boss, name="Acme Ltd", code="AC", now=timezone.now())


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    file = tmp_path / "tree.csv"
    file.write_text("name,parent\nLab,\nLost,nowhere\n", encoding="utf-8")
    return file


def run(action: str, file: Path, *more: str, login: str = "boss@acme", organisation: str = "AC") -> str:
    output = io.StringIO()
    common = ["--kind", "departments", "--as", login, "--organisation", organisation]
    call_command("orgs", action, str(file), *common, *more, stdout=output)
    return output.getvalue()


def names(company: Organisation) -> set[str]:
    return set(Department.objects.for_tenant(company.tenant_id).values_list("name", flat=True))


def test_a_dry_run_tells_and_changes_nothing(company: Organisation, list_file: Path) -> None:
    told = run("import", list_file, "--dry-run")

    assert "line 3 parent: there is no department nowhere" in told
    assert "departments made: 1" in told
    assert "rows refused: 1" in told
    assert told.endswith("nothing was changed\n")
    assert names(company) == {"Acme Ltd"}


def test_a_file_is_imported_and_comes_out_again(company: Organisation, list_file: Path, tmp_path: Path) -> None:
    told = run("import", list_file, organisation="Acme Ltd")
    run("export", tmp_path / "out.xlsx", organisation=str(company.id))

    assert "done:" in told
    assert names(company) == {"Acme Ltd", "Lab"}
    assert [line.cells for line in read_lines((tmp_path / "out.xlsx").read_bytes())][1] == ("", "Lab", "/")
    made = Entry.objects.for_tenant(company.tenant_id).filter(action="orgs.department.created").get()
    assert (made.actor_login, made.via) == ("boss@acme", "command")


def test_what_goes_wrong_is_said_plainly(company: Organisation, alice: User, list_file: Path, tmp_path: Path) -> None:
    cases = [
        ("import", list_file, "nobody@acme", "AC", "nobody signs in as nobody@acme"),
        ("import", list_file, "boss@acme", "Nowhere", "there is no organisation Nowhere"),
        ("import", list_file, "alice@acme", "AC", "There is no organisation"),
        ("import", tmp_path / "absent.csv", "boss@acme", "AC", "absent.csv: No such file"),
        ("export", tmp_path / "out.pdf", "boss@acme", "AC", "has to end in .csv or .xlsx"),
        ("export", _existing(tmp_path), "boss@acme", "AC", "File exists"),
    ]
    for action, file, login, organisation, message in cases:
        with pytest.raises(CommandError, match=message):
            run(action, file, login=login, organisation=organisation)

    assert names(company) == {"Acme Ltd"}


def _existing(folder: Path) -> Path:
    file = folder / "there.csv"
    file.touch()
    return file
