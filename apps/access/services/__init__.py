"""What can be done with powers."""

from apps.access.services.grants import grant_role as grant_role
from apps.access.services.grants import keep_a_system_admin as keep_a_system_admin
from apps.access.services.grants import revoke_grant as revoke_grant
from apps.access.services.moves import drop_scopes as drop_scopes
from apps.access.services.moves import move_scopes as move_scopes
from apps.access.services.roles import change_role as change_role
from apps.access.services.roles import create_role as create_role
from apps.access.services.roles import delete_role as delete_role
