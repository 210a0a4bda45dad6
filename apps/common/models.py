"""Abstract bases that every app's rows share."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.ids import new_id


class Identified(models.Model):
    """A row with a UUIDv7 key, made by the server."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        abstract = True


class Versioned(models.Model):
    """A row that people edit: each change counts its version up, and an edit of an older version is refused.

    Services compare under the row's lock (`apps.common.errors.Stale`) and store the next number with the change.
    """

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        abstract = True
