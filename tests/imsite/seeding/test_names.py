"""Made-up names look like names, and come again for the same seed."""

from itertools import islice
from random import Random

from apps.accounts.services.users import clean_username
from imsite.seeding.names import COMPANIES, company, department, people


def test_people_have_chinese_names_and_user_names_of_their_own() -> None:
    drawn = list(islice(people(Random(1)), 3000))

    assert all(2 <= len(name) <= 4 for name, _username in drawn)
    assert all(clean_username(username) == username for _name, username in drawn)
    assert len({username for _name, username in drawn}) == len(drawn)


def test_the_same_seed_gives_the_same_people() -> None:
    assert list(islice(people(Random(7)), 50)) == list(islice(people(Random(7)), 50))
    assert list(islice(people(Random(7)), 50)) != list(islice(people(Random(8)), 50))


def test_departments_beside_each_other_have_different_names() -> None:
    for level in (1, 2, 3, 8):
        taken: set[str] = set()
        names = [department(Random(number), level=level, taken=taken) for number in range(200)]

        assert len(set(names)) == len(taken) == 200


def test_companies_have_names_of_their_own() -> None:
    names = [company(number) for number in range(3 * len(COMPANIES))]

    assert len(set(names)) == len(names)
    assert names[0] == "蓝海集团"
