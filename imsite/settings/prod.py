"""For an installation that serves people: what `manage.py up` and `manage.py node` run."""

from imsite.settings.base import *  # noqa: F403 - settings modules inherit by name
