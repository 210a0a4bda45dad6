"""What may go wrong with organisations, departments and people's places."""

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError
from apps.wire.errors import ErrorCode


class OrganisationNotFound(ImError):
    """No organisation within one's reach has this id."""

    code = "organisation_not_found"
    status = 404
    message = _("There is no organisation %(organisation)s.")


class DepartmentNotFound(ImError):
    """No department within one's reach has this id."""

    code = "department_not_found"
    status = 404
    message = _("There is no department %(department)s.")


class PlacementNotFound(ImError):
    """No placement within one's reach has this id."""

    code = "placement_not_found"
    status = 404
    message = _("There is no placement %(placement)s.")


class NameTaken(ImError):
    """Something beside it has this name already."""

    code = "name_taken"
    status = 409
    message = _("The name %(name)s is already taken here.")


class CodeTaken(ImError):
    """Another department of the organisation, or another organisation of the tenant, has this code."""

    code = "code_taken"
    status = 409
    message = _("The code %(code)s is already taken.")


class RootStays(ImError):
    """The root department is the organisation itself: it is neither moved nor deleted nor named by itself."""

    code = "root_stays"
    status = 409
    message = _("This department stands for the whole organisation; change the organisation instead.")


class MoveBelowItself(ImError):
    """A department can't come below itself."""

    code = "move_below_itself"
    status = 409
    message = _("%(name)s can't be moved below itself.")


class TreeTooDeep(ImError):
    """The tree would have more levels than it may."""

    code = "tree_too_deep"
    status = 409
    message = _("Departments may lie %(limit)s levels deep at most; this would make %(depth)s.")


class DepartmentsFull(ImError):
    """One department has as many directly below it as it may."""

    code = "departments_full"
    status = 409
    message = _("%(name)s has %(limit)s departments directly below it already; group some of them first.")


class OrganisationsFull(ImError):
    """The tenant has as many organisations as it may."""

    code = "organisations_full"
    status = 409
    message = _("There are %(limit)s organisations already.")


class DepartmentNotEmpty(ImError):
    """Only a department without people and without departments below it is deleted."""

    code = "department_not_empty"
    status = 409
    message = _("%(name)s still has %(departments)s departments and %(people)s people; move them first.")


class OrganisationNotEmpty(ImError):
    """Only an organisation without people is closed."""

    code = "organisation_not_empty"
    status = 409
    message = _("%(name)s still has %(people)s people; move them first.")


class OrganisationClosed(ImError):
    """A closed organisation takes no departments and no people."""

    code = "organisation_closed"
    status = 409
    message = _("%(name)s is closed.")


class AlreadyPlaced(ImError):
    """The person has a place in this department already."""

    code = "already_placed"
    status = 409
    message = _("%(login)s is in %(department)s already.")


class PlacementsFull(ImError):
    """A person has as many places as she may."""

    code = "placements_full"
    status = 409
    message = _("%(login)s is in %(limit)s departments already.")


class PersonOutranks(ImError):
    """Whoever may do something that oneself may not is out of one's reach."""

    code = "person_outranks"
    status = 403
    message = _("%(login)s has powers that you lack, so only someone above can change this account.")


class OneselfStays(ImError):
    """Nobody shuts herself out."""

    code = "oneself_stays"
    status = 409
    message = _("You can't deactivate your own account.")


class Blocked(ImError):
    """One of two people blocks the other: what was said between them stays, nothing is added."""

    code = ErrorCode.BLOCKED.value
    status = 403
    message = _("One of you has blocked the other.")


class WritingNotAgreed(ImError):
    """One sees the person by an agreement between organisations that does not include writing."""

    code = "writing_not_agreed"
    status = 403
    message = _("Your organisation may see user %(user)s, but not write.")


class ContactRequestsFull(ImError):
    """Nobody has answered so many of one's requests that there is no room for another."""

    code = "contact_requests_full"
    status = 409
    message = _("%(limit)s people have not answered you yet; wait for them, or take some requests back.")


class BlocksFull(ImError):
    """One blocks as many people as one may."""

    code = "blocks_full"
    status = 409
    message = _("You block %(limit)s people already; lift a block first.")


class AgreementNotFound(ImError):
    """No agreement within one's reach has this id."""

    code = "agreement_not_found"
    status = 404
    message = _("There is no agreement %(agreement)s.")


class AgreementTaken(ImError):
    """There is one already in this direction: it is changed instead."""

    code = "agreement_taken"
    status = 409
    message = _("There is an agreement from %(giver)s to %(taker)s already; change it instead.")


class ImportNotFound(ImError):
    """No import within one's reach has this id."""

    code = "import_not_found"
    status = 404
    message = _("There is no import %(source)s.")


class FileRefused(ImError):
    """A file can't be read as a list. `reason` says why; `why` is its stable code."""

    code = "file_refused"
    status = 400
    message = _("This file can't be imported: %(reason)s")


class ImportBusy(ImError):
    """Somebody else is applying the import at this moment."""

    code = "import_busy"
    status = 409
    message = _("Somebody is applying this import at this moment; look again in a few seconds.")
    retryable = True
    retry_after_ms = 2_000


class ImportUnreadable(ImError):
    """The rows of the import can't be opened: another key has sealed them, or an earlier release."""

    code = "import_unreadable"
    status = 409
    message = _("The rows of this import can't be read any more. Throw it away and send the file again.")


class ImportDone(ImError):
    """The import is applied already, or begun, so it is not thrown away."""

    code = "import_done"
    status = 409
    message = _("This import has been applied already, or begun.")


class ImportsFull(ImError):
    """So many files wait to be applied that no further one is taken."""

    code = "imports_full"
    status = 409
    message = _("%(limit)s imports wait to be applied in this organisation; apply or delete some first.")
