"""The one base of anticipated errors. Each app keeps its catalogue of subclasses in its `errors.py`.

An ImError reaches the user as problem+json (REST) or as an `error` frame (WebSocket) with its stable code; anything
else is a defect and reaches the log.
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FieldValue = str | int


class ImError(Exception):
    """An anticipated refusal: a stable `code`, an HTTP `status`, a text for people and structured `fields`.

    Subclasses set the class attributes; `message` is a template over `fields`: "conversation %(conversation)s is full".
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    message: ClassVar[str | Promise] = _("Something went wrong on the server.")
    retryable: ClassVar[bool] = False
    retry_after_ms: int = 0

    def __init__(self, **fields: FieldValue) -> None:
        self.fields = fields
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The message in the active language, with its fields filled in."""
        return str(self.message) % self.fields if self.fields else str(self.message)


class InvalidInput(ImError):
    """A value does not have the form it needs."""

    code = "invalid_input"
    status = 400
    message = _("%(field)s: %(reason)s")


class Unavailable(ImError):
    """The database or a bound keeps the server from doing this now; the same request may succeed later."""

    code = "unavailable"
    status = 503
    message = _("The server cannot do this right now; try again in a moment.")
    retryable = True
    retry_after_ms = 1000


class Stale(ImError):
    """The edit is of a version that someone has changed since: it would undo what the other one did."""

    code = "stale"
    status = 409
    message = _("This was changed in the meantime (version %(version)s); read it again, then change it.")
