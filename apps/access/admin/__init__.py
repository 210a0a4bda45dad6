"""The base of admin pages at every level, and the pages of the audit log and of periodic jobs."""

from apps.access.admin.autocomplete import send_choices as send_choices
from apps.access.admin.filters import WithinFilter as WithinFilter
from apps.access.admin.jobs import JobAdmin as JobAdmin
from apps.access.admin.reach import covers as covers
from apps.access.admin.reach import has_unit as has_unit
from apps.access.admin.reach import may_enter as may_enter
from apps.access.admin.reach import powers_at as powers_at
from apps.access.admin.reach import within as within
from apps.access.admin.scoped import ScopedAdmin as ScopedAdmin
from apps.access.admin.scoped import ScopedReadOnlyAdmin as ScopedReadOnlyAdmin
from apps.access.admin.scoped import ScopedTable as ScopedTable
from apps.access.admin.served import ServedAdmin as ServedAdmin
from apps.access.admin.served import ServedForm as ServedForm
from apps.access.admin.trail import EntryAdmin as EntryAdmin
