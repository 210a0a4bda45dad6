"""What can be done with accounts."""

from apps.accounts.policies import Principal as Principal
from apps.accounts.services.applications import ensure_applications as ensure_applications
from apps.accounts.services.session_sign_in import SessionSignIn as SessionSignIn
from apps.accounts.services.terminals import revoke_terminal as revoke_terminal
from apps.accounts.services.tickets import is_ticket as is_ticket
from apps.accounts.services.tickets import open_session as open_session
from apps.accounts.services.tokens import revoke_tokens as revoke_tokens
from apps.accounts.services.users import activate_user as activate_user
from apps.accounts.services.users import create_user as create_user
from apps.accounts.services.users import deactivate_user as deactivate_user
from apps.accounts.services.users import set_password as set_password
from apps.accounts.services.users import update_profile as update_profile
