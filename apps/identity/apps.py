"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    """Connections to identity providers and directories, and the links of people to their accounts there."""

    name = "apps.identity"
    verbose_name = _("Identity")

    def ready(self) -> None:
        """Tell those below what may be allowed here, what is to be done on time, and which ways in there are."""
        from apps.access.locators import register_locator
        from apps.access.units import register_units
        from apps.accounts.locators import OwnerLocator
        from apps.accounts.ways import register_account_page, register_prover, register_tally, register_ways
        from apps.audit.words import register_words
        from apps.identity.pages.ways import ways_into
        from apps.identity.selectors import links_of
        from apps.identity.services.directory_sign_in import prove
        from apps.identity.services.foresight import passwords_gone
        from apps.identity.services.trail import WORDS
        from apps.identity.tasks import JOBS
        from apps.identity.units import ADMIN_UNITS, UNITS
        from apps.jobs.registry import register_jobs
        from apps.tenants.consequences import register_foresight

        register_units(*UNITS, admin=ADMIN_UNITS)
        register_locator("identity.Link", OwnerLocator())
        register_words(WORDS)
        register_jobs(JOBS)
        register_ways(ways_into)
        register_prover("ldap", prove)
        register_tally("links", lambda user: links_of(user).count())
        register_foresight("passwords_gone", passwords_gone)
        register_account_page(_("Linked accounts"), "account-links", "links")
