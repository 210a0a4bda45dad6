"""What may go wrong with tenants."""

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError


class TenantNotFound(ImError):
    """There is no such tenant."""

    code = "tenant_not_found"
    status = 404
    message = _("There is no tenant %(slug)s.")


class SlugTaken(ImError):
    """Another tenant has this short name."""

    code = "slug_taken"
    status = 409
    message = _("The short name %(slug)s is already taken.")
