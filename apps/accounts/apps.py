"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, terminals and tokens."""

    name = "apps.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Say what may be allowed, and keep the first-party OAuth2 clients in every migrated database.

        A flushed test database counts as migrated.
        """
        from apps.access.locators import register_locator
        from apps.access.units import register_units
        from apps.accounts.locators import OwnerLocator
        from apps.accounts.services import foresight
        from apps.accounts.services.happening_words import WORDS
        from apps.accounts.tasks import JOBS
        from apps.accounts.units import ADMIN_UNITS, UNITS
        from apps.accounts.ways import register_account_page
        from apps.audit.words import register_words
        from apps.jobs.registry import register_jobs
        from apps.tenants.consequences import register_foresight

        register_units(*UNITS, admin=ADMIN_UNITS)
        register_words(WORDS)
        register_jobs(JOBS)
        register_foresight("factors_missing", foresight.factors_missing)
        register_foresight("passwords_outdated", foresight.passwords_outdated)
        for model in ("AccessToken", "RefreshToken"):
            register_locator(f"oauth2_provider.{model}", OwnerLocator())
        register_account_page(_("Overview"), "account", "overview")
        register_account_page(_("Password"), "account-password", "password")
        register_account_page(_("Second factor"), "account-factors", "factors")
        register_account_page(_("Terminals"), "account-terminals", "terminals")
        register_account_page(_("Programs"), "account-programs", "programs")
        post_migrate.connect(ensure_applications_after_migrate, sender=self)


def ensure_applications_after_migrate(*, using: str, **kwargs: Any) -> None:
    """Make the first-party clients once their table is there (`migrate accounts` alone comes before it)."""
    from apps.accounts.services import ensure_applications

    if using == "default" and "oauth2_provider_application" in connections[using].introspection.table_names():
        ensure_applications()
