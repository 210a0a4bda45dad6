"""Fill the database of the admin's browser tests, from a process of its own: `python -m tests.admin.browser.seed`.

Prints the world as the tests need it: `{"logins": {level: login}, "departments": {name: id}, "people": {place: id}}`.
"""

import json
import sys

import django


def main() -> None:
    django.setup()
    from apps.accounts.services import ensure_applications
    from tests.admin.world import make_world

    ensure_applications()
    world = make_world()
    made = {
        "logins": {level: admin.login for level, admin in world.admins.items()},
        "departments": {name: str(department.pk) for name, department in world.departments.items()},
        "people": {place: str(person.pk) for place, person in world.people.items()},
        "tenants": {slug: str(tenant.pk) for slug, tenant in world.tenants.items()},
    }
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()
