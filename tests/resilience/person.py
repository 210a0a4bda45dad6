"""One more person, made or shut out from a process of its own: `python -m tests.resilience.person make|shut_out …`.

`make NAME PASSWORD` and `shut_out NAME`, of the tenant that the seed has made.
"""

import sys

import django


def main(what: str, name: str, *password: str) -> None:
    django.setup()
    from apps.accounts.models import User
    from apps.accounts.services import create_user, deactivate_user
    from apps.tenants.models import Tenant

    if what == "make":
        create_user(Tenant.objects.get(slug="acme"), username=name, password=password[0])
    else:
        deactivate_user(User.unscoped.get(login=f"{name}@acme"))


if __name__ == "__main__":
    main(*sys.argv[1:])
