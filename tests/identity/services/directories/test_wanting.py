"""Names of a directory in the form in which they can be here."""

from apps.identity.ldap.reading import Contents
from apps.identity.services.directories.wanting import as_wanted
from apps.identity.syncing.states import WantedDepartment, WantedPerson


def test_names_get_the_one_spelling_they_have_here() -> None:
    contents = Contents((WantedDepartment("d", None, " 研发部 "),), (WantedPerson("p", "Ｗei.Zhang", " 张伟 "),), ())

    wanted, findings = as_wanted(contents)

    assert wanted.departments == (WantedDepartment("d", None, "研发部"),)
    assert wanted.people == (WantedPerson("p", "wei.zhang", "张伟"),)
    assert findings == []


def test_what_cannot_be_here_is_found_and_stays_as_it_is() -> None:
    contents = Contents(
        (WantedDepartment("d1", None, "x" * 101),),
        (
            WantedPerson("p1", "-", "Dash"),
            WantedPerson("k" * 256, "long", "Long"),
            WantedPerson("p2", "ok", "a\u202eb"),
        ),
        (),
        frozenset({"p0"}),
    )

    wanted, findings = as_wanted(contents)

    assert (wanted.departments, wanted.people) == ((), ())
    assert wanted.unusable == {"d1", "p0", "p1", "p2", "k" * 256}
    assert [finding.code for finding in findings] == ["unusable"] * 4


def test_an_address_or_title_that_cannot_be_is_left_out() -> None:
    person = WantedPerson("p", "wei", "Wei", email="no address", title="a\nb")

    wanted, findings = as_wanted(Contents((), (person,), ()))

    assert (wanted.people[0].email, wanted.people[0].title) == ("", "")
    assert [finding.code for finding in findings] == ["left_out", "left_out"]
