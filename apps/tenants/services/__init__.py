"""What can be done with tenants. An actor of None is the installation itself: its command line, its own upkeep."""

from apps.tenants.services.export import export_tenant as export_tenant
from apps.tenants.services.limits import require_room_for_users as require_room_for_users
from apps.tenants.services.making import MAX_NAME_CHARS as MAX_NAME_CHARS
from apps.tenants.services.making import SYSTEM_SLUG as SYSTEM_SLUG
from apps.tenants.services.making import TenantChange as TenantChange
from apps.tenants.services.making import change_tenant as change_tenant
from apps.tenants.services.making import create_tenant as create_tenant
from apps.tenants.services.making import ensure_system_tenant as ensure_system_tenant
from apps.tenants.services.purge import purge_due as purge_due
from apps.tenants.services.standing import GRACE_DAYS as GRACE_DAYS
from apps.tenants.services.standing import activate_tenant as activate_tenant
from apps.tenants.services.standing import cancel_deletion as cancel_deletion
from apps.tenants.services.standing import request_deletion as request_deletion
from apps.tenants.services.standing import suspend_tenant as suspend_tenant
