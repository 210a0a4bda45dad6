"""Making users and changing what belongs to them.

Deleting a user is not offered: what she wrote stays, under her name. She is deactivated instead.
"""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.errors import UsernameTaken
from apps.accounts.models import PasswordReset, User
from apps.accounts.services.hashing import slots
from apps.accounts.services.lockout import forget_name
from apps.accounts.services.naming import make_findable
from apps.accounts.services.passwords import keep_former, require_good
from apps.accounts.services.tokens import revoke_tokens
from apps.common.errors import InvalidInput
from apps.common.retry import run_in_transaction
from apps.common.text import clean_line, normalized_identifier
from apps.events.publish import Why
from apps.tenants.models import Tenant
from apps.tenants.services import require_room_for_users

MAX_USERNAME_CHARS: Final = 64
MAX_DISPLAY_NAME_CHARS: Final = 100
MAX_EMAIL_CHARS: Final = 254
_PUNCTUATION: Final = frozenset("._-")


def create_user(
    tenant: Tenant,
    *,
    username: str,
    password: str | None,
    display_name: str = "",
    email: str = "",
    locale: str = "",
    is_staff: bool = False,
    is_superuser: bool = False,
) -> User:
    """Make an active user who signs in as `username@tenant`. The display name defaults to the user name.

    Without a password she can't sign in by one until somebody gives her one.
    Raises InvalidInput, PasswordTooWeak, UsersLimit or UsernameTaken.
    """
    name = clean_username(username)
    user = User(
        tenant=tenant,
        username=name,
        login=f"{name}@{tenant.slug}",
        display_name=clean_line(display_name or username, field="display_name", max_chars=MAX_DISPLAY_NAME_CHARS),
        email=clean_email(email),
        locale=clean_locale(locale or tenant.settings.get("locale", "")),
        is_staff=is_staff,
        is_superuser=is_superuser,
    )
    if password is None:
        user.set_unusable_password()
    else:
        require_good(user, password)
        user.set_password(password)
        user.password_set_at = timezone.now()
    make_findable(user)

    def store() -> User:
        require_room(tenant.id, adding=1)
        User.objects.for_tenant(tenant.id).bulk_create([user], ignore_conflicts=True)
        if not User.objects.for_tenant(tenant.id).filter(pk=user.pk).exists():
            raise UsernameTaken(login=user.login)
        return user

    return run_in_transaction(store)


def require_room(tenant_id: UUID, *, adding: int) -> None:
    """Make sure that the tenant may have so many more active users. Raises UsersLimit. Call it in the transaction."""

    def count() -> int:
        return User.objects.for_tenant(tenant_id).filter(is_active=True).count()

    require_room_for_users(tenant_id, adding=adding, count=count)


def set_password(user: User, *, password: str) -> None:
    """Give the user another password and sign out all of her programs, open sessions too. Raises PasswordTooWeak.

    Links by mail that were to set one are void, and her tries count from nothing again.
    """
    require_good(user, password)
    former = user.password if user.has_usable_password() else ""
    with slots.turn():
        user.set_password(password)
    user.password_set_at = timezone.now()

    def store() -> None:
        keep_former(user, former)
        user.save(update_fields=["password", "password_set_at"])
        PasswordReset.objects.for_tenant(user.tenant_id).filter(user=user).delete()
        revoke_tokens(user, why=Why.PASSWORD)

    run_in_transaction(store)
    forget_name(user.login)


def deactivate_user(user: User) -> None:
    """Keep the user from signing in, and sign out all of her programs, open sessions too."""

    def store() -> None:
        user.is_active = False
        user.save(update_fields=["is_active"])
        revoke_tokens(user, why=Why.SUSPENDED)

    run_in_transaction(store)


def activate_user(user: User) -> None:
    """Let the user sign in again. Raises UsersLimit."""

    def store() -> None:
        if not User.objects.for_tenant(user.tenant_id).filter(pk=user.pk, is_active=True).exists():
            require_room(user.tenant_id, adding=1)
        user.is_active = True
        user.save(update_fields=["is_active"])

    run_in_transaction(store)


def update_profile(actor: User, *, display_name: str | None = None, locale: str | None = None) -> User:
    """Change one's own name or language; None leaves it as it is. Raises InvalidInput."""
    return store_profile(actor, display_name=display_name, locale=locale)


def store_profile(
    user: User, *, display_name: str | None = None, email: str | None = None, locale: str | None = None
) -> User:
    """Change what is not None, and count her version up. Raises InvalidInput.

    Nothing else is written: the row may have been read before somebody else changed the rest of it.
    """
    changed = ["version"]
    if display_name is not None:
        user.display_name = clean_line(display_name, field="display_name", max_chars=MAX_DISPLAY_NAME_CHARS)
        make_findable(user)
        changed += ["display_name", "search_text", "search_grams"]
    if email is not None:
        user.email = clean_email(email)
        changed.append("email")
    if locale is not None:
        user.locale = clean_locale(locale)
        changed.append("locale")
    user.version = F("version") + 1
    user.save(update_fields=changed)
    user.refresh_from_db(fields=["version"])
    return user


def clean_username(text: str) -> str:
    """Return the one spelling of a user name: letters and digits of any script and `._-`. Raises InvalidInput."""
    name = normalized_identifier(text)
    if not 1 <= len(name) <= MAX_USERNAME_CHARS:
        raise InvalidInput(
            field="username", reason=_("needs 1 to %(limit)d characters") % {"limit": MAX_USERNAME_CHARS}
        )
    if not name[0].isalnum() or not all(character.isalnum() or character in _PUNCTUATION for character in name):
        raise InvalidInput(
            field="username",
            reason=_("may hold letters, digits, dots, dashes and underscores, and begins with a letter or digit"),
        )
    return name


def clean_email(text: str) -> str:
    """Return an e-mail address, or "" for none. Raises InvalidInput."""
    address = text.strip()
    if address:
        try:
            validate_email(address)
        except ValidationError as error:
            raise InvalidInput(field="email", reason=" ".join(error.messages)) from error
    if len(address) > MAX_EMAIL_CHARS:
        raise InvalidInput(field="email", reason=_("is too long"))
    return address


def clean_locale(code: str) -> str:
    """Return a language this installation speaks, or "" for the browser's. Raises InvalidInput."""
    known = {language for language, _name in settings.LANGUAGES}
    if code and code not in known:
        raise InvalidInput(field="locale", reason=_("must be one of %(known)s") % {"known": ", ".join(sorted(known))})
    return code
