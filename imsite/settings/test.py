"""For the test suite: quick password hashes, no connection pool that would outlive a test's database."""

from imsite.settings.base import *  # noqa: F403 - settings modules inherit by name
from imsite.settings.base import DATABASES, INSTALLED_APPS, env

SECRET_KEY = "tests-only"  # noqa: S105 - signs nothing outside a test run
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["OPTIONS"] = dict(env.database.options)
WHITENOISE_AUTOREFRESH = True
# Most tests are about one node; those about the cluster make what they need.
CHANNEL_LAYERS = {"default": {"BACKEND": "apps.events.inprocess.InProcessLayer"}}
if "channels_postgres" not in INSTALLED_APPS:
    INSTALLED_APPS.append("channels_postgres")  # its layer runs the contract suite
