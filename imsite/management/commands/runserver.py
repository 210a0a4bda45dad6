"""`manage.py runserver`: daphne's development server, with our closing codes."""

from daphne.management.commands.runserver import Command as DaphneCommand

from imsite.serving.daphne_server import SiteServer


class Command(DaphneCommand):  # type: ignore[misc]  # daphne is untyped
    """Everything but the server's class is daphne's."""

    server_cls = SiteServer
