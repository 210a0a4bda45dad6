"""Settings of nodes that have the busy job, and are in a hurry."""

from imsite.settings.prod import *  # noqa: F403 - settings modules inherit by name
from imsite.settings.prod import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.busy"]
IM_JOBS = {"on": True, "tempo": {"look_s": 0.1, "hold_s": 2.0, "stand_in_s": 0.5, "retry_s": 0.1}}
