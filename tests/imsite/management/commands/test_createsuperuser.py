"""Django's own command is out of the way."""

import pytest
from django.core.management import CommandError, call_command


def test_it_names_the_command_that_works() -> None:
    with pytest.raises(CommandError, match="createadmin"):
        call_command("createsuperuser")
