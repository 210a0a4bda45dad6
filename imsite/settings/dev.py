"""For developers: `manage.py runserver` with tracebacks in the browser."""

from imsite.settings.base import *  # noqa: F403 - settings modules inherit by name

DEBUG = True
WHITENOISE_AUTOREFRESH = True
