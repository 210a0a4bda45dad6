"""What may be wrong about a job that somebody names."""

from django.utils.translation import gettext_lazy as _

from apps.common.errors import ImError


class JobUnknown(ImError):
    """No app of this program has a job of that name."""

    code = "job_unknown"
    status = 404
    message = _("there is no job %(job)s")


class JobBusy(ImError):
    """A node is at work on the job."""

    code = "job_busy"
    status = 409
    message = _("the job %(job)s is under way")
