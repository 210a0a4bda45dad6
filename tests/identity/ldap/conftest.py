"""A real directory."""

from tests.identity.slapd import slapd  # noqa: F401 - a fixture
