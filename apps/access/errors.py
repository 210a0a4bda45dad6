"""What may go wrong with powers."""

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError


class NotPermitted(ImError):
    """She lacks this unit at this scope; whether anything is there stays unsaid."""

    code = "not_permitted"
    status = 403
    message = _("You may not do this here: it needs the permission %(unit)s.")


class EndsTooLate(ImError):
    """She would give a power for longer than she has it herself."""

    code = "ends_too_late"
    status = 403
    message = _("Your own permission %(unit)s ends at %(end)s; grants can't last longer.")


class ScopeNotFound(ImError):
    """There is no such tenant, organisation or department."""

    code = "scope_not_found"
    status = 404
    message = _("There is no place %(scope)s.")


class RoleNotFound(ImError):
    """Neither a built-in role nor one that may be used here has this name."""

    code = "role_not_found"
    status = 404
    message = _("There is no role %(role)s.")


class RoleMisplaced(ImError):
    """The role would do nothing at this scope, or is meant for a higher one."""

    code = "role_misplaced"
    status = 400
    message = _("The role %(role)s can't be granted at this level.")


class RoleInUse(ImError):
    """A role that somebody holds can't be deleted."""

    code = "role_in_use"
    status = 409
    message = _("The role %(role)s is still granted %(count)s times; revoke these grants first.")


class RoleKeyTaken(ImError):
    """Another role of the tenant has this key."""

    code = "role_key_taken"
    status = 409
    message = _("Another role has the short name %(key)s.")


class RolesFull(ImError):
    """The tenant has as many roles of its own as it may."""

    code = "roles_full"
    status = 409
    message = _("There are %(limit)s roles already; delete one that nobody needs.")


class GrantNotFound(ImError):
    """No grant within one's reach has this id."""

    code = "grant_not_found"
    status = 404
    message = _("There is no grant %(grant)s.")


class PersonNotFound(ImError):
    """Nobody within one's reach has this id; whether another tenant has her stays unsaid."""

    code = "user_not_found"
    status = 404
    message = _("There is no user %(user)s.")


class GrantsFull(ImError):
    """The person holds as many grants as she may."""

    code = "grants_full"
    status = 409
    message = _("This person has %(limit)s grants already; a role at a higher level may replace several.")


class ForeignScope(ImError):
    """Only people of the system's own tenant may hold powers outside their tenant."""

    code = "foreign_scope"
    status = 400
    message = _("People can be given powers within their own tenant only.")


class LastSystemAdmin(ImError):
    """Nobody could administer the installation any more."""

    code = "last_system_admin"
    status = 409
    message = _("This is the last system administrator; appoint another one first.")


class TooManyAtOnce(ImError):
    """An action of a list was asked for more rows than it takes in one request."""

    code = "too_many_at_once"
    status = 400
    message = _("At most %(limit)s rows at a time; choose fewer, or filter the list first.")
