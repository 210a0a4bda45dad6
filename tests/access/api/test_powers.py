"""What there is to allow, and what oneself is allowed."""

from apps.access.scopes import Scope
from apps.access.units import all_units
from apps.accounts.models import User
from tests.rest_client import signed_in


def test_units_come_with_words_in_one_s_language(alice: User) -> None:
    client = signed_in(alice)

    english = client.get("/api/v1/units").body["items"]
    chinese = client.get("/api/v1/units", **{"Accept-Language": "zh-hans"}).body["items"]

    assert [unit["code"] for unit in english] == [unit.code for unit in all_units()]
    grants = {language[0]["code"]: language for language in (english, chinese)}
    assert grants
    changed = {unit["code"]: (unit["label"], unit["lowest"]) for unit in english}
    assert changed["access.roles.change"] == ("make and change roles", "tenant")
    assert changed["access.grants.view"][1] == "department"
    assert [unit["label"] for unit in chinese] != [unit["label"] for unit in english]


def test_one_reads_one_s_own_powers(boss: User, alice: User, whole: Scope) -> None:
    mine = signed_in(boss).get("/api/v1/me/powers")
    hers = signed_in(alice).get("/api/v1/me/powers")

    powers = {power["unit"]: power["scopes"] for power in mine.body["items"]}
    assert powers["access.grants.change"] == [whole.path]
    assert hers.body["items"] == []


def test_the_system_s_people_see_the_whole_system(root: User) -> None:
    powers = signed_in(root).get("/api/v1/me/powers").body["items"]

    assert {tuple(power["scopes"]) for power in powers} == {("",)}
