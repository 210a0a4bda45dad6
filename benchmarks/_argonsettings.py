"""Settings of the node for `benchmarks.passwords`: those of tests, with password hashes as dear as in production."""

from imsite.settings.test import *  # noqa: F403 - settings modules inherit by name

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
