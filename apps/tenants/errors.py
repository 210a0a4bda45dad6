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


class HostTaken(ImError):
    """The host name leads to another tenant already."""

    code = "host_taken"
    status = 409
    message = _("The host name %(host)s already leads to another tenant.")


class TenantConflict(ImError):
    """Host name, header and sign-in name do not name the same tenant."""

    code = "tenant_conflict"
    status = 400
    message = _("This address belongs to %(slug)s, but the request names another tenant.")


class WrongTenant(ImError):
    """Someone who is signed in asks at the address of another tenant than her own."""

    code = "wrong_tenant"
    status = 403
    message = _("You belong to another tenant than %(slug)s, whose address this is.")


class SystemTenantStays(ImError):
    """The tenant of those who run the installation can be neither suspended nor deleted."""

    code = "system_tenant_stays"
    status = 409
    message = _("The tenant of the system's administrators can't be suspended or deleted.")


class WrongStatus(ImError):
    """The tenant's status does not allow this."""

    code = "tenant_status"
    status = 409
    message = _("This can't be done with tenant %(slug)s while its status is: %(state)s.")


class UsersLimit(ImError):
    """The tenant has as many active users as it may."""

    code = "tenant_users_limit"
    status = 409
    message = _("The tenant may have %(limit)s active users, and there is no room for %(adding)s more.")
