"""What can be refused about connections, directories and linked accounts."""

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError


class ConnectionNotFound(ImError):
    """There is no such connection for whoever asks, or it is of another kind."""

    code = "connection_not_found"
    status = 404
    message = _("There is no connection %(connection)s here.")


class DirectoryUnset(ImError):
    """The settings of a directory are not complete."""

    code = "directory_unset"
    status = 409
    message = _("The settings of this directory are not complete: %(reason)s.")


class DirectoryBusy(ImError):
    """Somebody is at work on this directory."""

    code = "directory_busy"
    status = 409
    message = _("This directory is being synchronised already; try again when that is done.")
    retryable = True
    retry_after_ms = 60_000


class DirectoriesBusy(ImError):
    """So many directories are being synchronised by this process that it takes no further one."""

    code = "directories_busy"
    status = 503
    message = _("Several directories are being synchronised at this moment; try again in a few minutes.")
    retryable = True
    retry_after_ms = 60_000


class DirectorySilent(ImError):
    """The directory could not be asked."""

    code = "directory_silent"
    status = 503
    message = _("The directory could not be asked: %(reason)s.")
    retryable = True
    retry_after_ms = 60_000


class RunNotFound(ImError):
    """There is no such run, or it is not one that waits for somebody's yes."""

    code = "run_not_found"
    status = 404
    message = _("There is no run %(run)s that could be applied.")


class ConnectionUnset(ImError):
    """The settings of a connection have not the form that its kind needs."""

    code = "connection_unset"
    status = 400
    message = _("The settings of this connection are not right: %(reason)s.")


class ConnectionsFull(ImError):
    """The tenant has as many connections as it may."""

    code = "connections_full"
    status = 409
    message = _("There are %(limit)d connections already; delete one that is not used.")


class ProviderFailed(ImError):
    """The other party could not be asked, or its answer proves nothing. Why is in the log, not in the answer."""

    code = "provider_failed"
    status = 502
    message = _("Signing in with %(name)s did not work. Try again, or sign in another way.")


class ProviderCancelled(ImError):
    """The person stopped there, or the other party did not let her through."""

    code = "provider_cancelled"
    status = 403
    message = _("Signing in with %(name)s was cancelled, or not allowed there. Try again, or sign in another way.")


class ProviderUnset(ImError):
    """The settings of a connection are not complete. What is missing is in the log, not for whoever is at the door."""

    code = "provider_unset"
    status = 409
    message = _("Signing in with %(name)s is not set up yet. Sign in another way, and tell your administrator.")


class AccountUnknown(ImError):
    """Nobody here has linked this account, and the connection makes no accounts for it."""

    code = "account_unknown"
    status = 403
    message = _("Your account at %(name)s opens nothing here. Ask your administrator for access.")


class AccountNotMade(ImError):
    """An account was to be made, and could not be: the tenant has no room, say. Why is in the log."""

    code = "account_not_made"
    status = 409
    message = _("No account could be made here for your account at %(name)s. Ask your administrator.")


class LinkFirst(ImError):
    """The address is that of a person here, which proves nothing: she links her account herself."""

    code = "link_first"
    status = 409
    message = _("You have an account here already. Sign in to it another way, then link %(name)s in your account.")


class AlreadyLinked(ImError):
    """The account there is another person's here, or the person has another account there."""

    code = "already_linked"
    status = 409
    message = _(
        "This account at %(name)s can't be linked: it or you are linked already. Look at your linked accounts, or ask "
        "your administrator."
    )


class LinkRefused(ImError):
    """Nobody but a person of the tenant, with powers no wider than it, signs in through its connections."""

    code = "link_refused"
    status = 403
    message = _("Your account here can't be used with %(name)s. Sign in another way, or ask your administrator.")


class LinkNotFound(ImError):
    """There is no such link for whoever asks."""

    code = "link_not_found"
    status = 404
    message = _("There is no linked account %(link)s here.")


class LastWayIn(ImError):
    """Without this link the person could not sign in any more."""

    code = "last_way_in"
    status = 409
    message = _("This is your only way to sign in. Set a password or link another account first.")
