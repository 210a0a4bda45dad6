"""Developers' server is daphne's, with our closing codes."""

from daphne.management.commands.runserver import Command as DaphneCommand
from django.core.management import get_commands, load_command_class

from imsite.serving.daphne_server import SiteServer


def test_the_command_found_is_ours_and_daphnes() -> None:
    command = load_command_class(get_commands()["runserver"], "runserver")

    assert isinstance(command, DaphneCommand)
    assert command.server_cls is SiteServer
