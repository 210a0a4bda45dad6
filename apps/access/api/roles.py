"""REST: the roles of one's tenant."""

from uuid import UUID

import msgspec
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.api.structs import NewTenantRole, RoleChange, RoleList, RoleView, actor_of, view_of_role
from apps.access.roles import BUILTIN_ROLES, BuiltinRole
from apps.access.selectors import powers_of, roles_of
from apps.access.services import change_role, create_role, delete_role
from apps.access.services.roles import home_of
from apps.access.units import ROLES_CHANGE, ROLES_VIEW
from apps.common.rest.idempotency import idempotent
from apps.common.rest.openapi import KEYED, VERSIONED, operation
from apps.common.rest.structs import read_body
from apps.common.rest.versions import read_version, versioned


class RolesView(APIView):
    """Built-in roles and those of one's tenant."""

    units = (ROLES_VIEW, ROLES_CHANGE)

    @operation("roles_list", summary="List the roles", answers={200: RoleList}, refusals=(403,))
    def get(self, request: Request) -> Response:
        """Return the roles that can be granted in one's tenant."""
        actor = actor_of(request)
        powers_of(actor, now=timezone.now()).require(ROLES_VIEW, home_of(actor.tenant_id))
        builtin = [_builtin(role) for role in BUILTIN_ROLES.values()]
        return Response(RoleList(items=builtin + [view_of_role(role) for role in roles_of(actor.tenant_id)]))

    @operation(
        "roles_create",
        summary="Make a role",
        body=NewTenantRole,
        answers={201: RoleView},
        refusals=(403, 409),
        example={"key": "hr", "name": "Human resources", "units": ["orgs.people.view", "orgs.people.change"]},
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a role of one's tenant out of units that one has oneself in the whole tenant."""
        actor, new = actor_of(request), read_body(request, NewTenantRole)
        role = create_role(
            actor, tenant_id=actor.tenant_id, key=new.key, name=new.name, units=new.units, now=timezone.now()
        )
        return versioned(view_of_role(role), role.version, status=201)


class RoleDetailView(APIView):
    """One role of one's tenant."""

    units = (ROLES_CHANGE,)

    @operation(
        "roles_change",
        summary="Change a role",
        body=RoleChange,
        answers={200: RoleView},
        refusals=(403, 404),
        example={"name": "People and culture"},
        headers=(VERSIONED,),
    )
    def patch(self, request: Request, role: UUID) -> Response:
        """Change a role's name or units, and so what everybody may do who holds it."""
        actor, change = actor_of(request), read_body(request, RoleChange)
        changed = change_role(
            actor,
            role_id=role,
            tenant_id=actor.tenant_id,
            version=read_version(request),
            name=None if change.name is msgspec.UNSET else change.name,
            units=None if change.units is msgspec.UNSET else change.units,
            now=timezone.now(),
        )
        return versioned(view_of_role(changed), changed.version)

    @operation("roles_delete", summary="Delete a role", answers={204: None}, refusals=(403, 404, 409))
    def delete(self, request: Request, role: UUID) -> Response:
        """Delete a role that nobody holds."""
        actor = actor_of(request)
        delete_role(actor, role_id=role, tenant_id=actor.tenant_id, now=timezone.now())
        return Response(status=204)


def _builtin(role: BuiltinRole) -> RoleView:
    return RoleView(key=role.key, name=str(role.name), units=[unit.code for unit in role.units], is_builtin=True)
