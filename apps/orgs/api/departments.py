"""REST: the department tree, for its administrators."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.selectors import powers_of
from apps.accounts.authentication import actor_of
from apps.accounts.models import User
from apps.common.rest.bulk import BulkReport, run_bulk
from apps.common.rest.idempotency import idempotent
from apps.common.rest.openapi import KEYED, VERSIONED, operation
from apps.common.rest.structs import BulkParser, read_body, read_query
from apps.common.rest.versions import read_version, versioned
from apps.common.rest.whole import all_or_nothing
from apps.orgs.api.structs import (
    DepartmentDetail,
    DepartmentList,
    DepartmentMove,
    DepartmentPatch,
    NewDepartment,
    NewDepartments,
    TreeSearch,
    given,
)
from apps.orgs.models import Department
from apps.orgs.selectors.administration import read_department
from apps.orgs.selectors.tree import tree_level, tree_tops
from apps.orgs.services import change_department, create_department, delete_department, move_department
from apps.orgs.units import DEPARTMENT_CHANGE, DEPARTMENT_MOVE, DEPARTMENT_VIEW

EXAMPLE = {"parent": "0198e2a0-0000-7000-8000-000000000001", "name": "Platform", "code": "RD-1"}


class DepartmentsView(APIView):
    """The trees that one administers."""

    units = (DEPARTMENT_VIEW, DEPARTMENT_CHANGE, DEPARTMENT_MOVE)

    @operation(
        "departments_tops",
        summary="List the tops of one's trees",
        query=TreeSearch,
        answers={200: DepartmentList},
    )
    def get(self, request: Request) -> Response:
        """Return the outermost departments that one administers: roots of organisations, or departments in them."""
        search, actor = read_query(request, TreeSearch), actor_of(request)
        powers = powers_of(actor, now=timezone.now())
        tops = tree_tops(powers, tenant_id=search.tenant or actor.tenant_id)
        return Response(DepartmentList(items=[_view(row) for row in tops]))

    @operation(
        "departments_create",
        summary="Make a department",
        body=NewDepartment,
        answers={201: DepartmentDetail},
        refusals=(403, 404, 409),
        example=EXAMPLE,
        headers=(KEYED,),
    )
    @idempotent
    @all_or_nothing
    def post(self, request: Request) -> Response:
        """Make a department below another one."""
        actor, new, now = actor_of(request), read_body(request, NewDepartment), timezone.now()
        made = _create(actor, new, now)
        return versioned(_view(read_department(powers_of(actor, now=now), made)), 1, status=201)


class DepartmentsBulkView(APIView):
    """Many departments at once."""

    units = (DEPARTMENT_VIEW, DEPARTMENT_CHANGE, DEPARTMENT_MOVE)

    parser_classes = [BulkParser]

    @operation(
        "departments_create_many",
        summary="Make many departments",
        body=NewDepartments,
        answers={200: BulkReport},
        refusals=(403, 404, 409),
        example={"items": [EXAMPLE], "mode": "each"},
        headers=(KEYED,),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make many departments, all of them or each by itself. For whole trees there are imports."""
        actor, wanted, now = actor_of(request), read_body(request, NewDepartments), timezone.now()
        return Response(run_bulk(wanted.items, lambda new: _create(actor, new, now), mode=wanted.mode))


class DepartmentDetailView(APIView):
    """One department."""

    units = (DEPARTMENT_VIEW, DEPARTMENT_CHANGE, DEPARTMENT_MOVE)

    @operation("departments_read", summary="Read a department", answers={200: DepartmentDetail}, refusals=(403, 404))
    def get(self, request: Request, department: UUID) -> Response:
        """Return one department that one administers."""
        return _answer(request, department)

    @operation(
        "departments_change",
        summary="Change a department",
        body=DepartmentPatch,
        answers={200: DepartmentDetail},
        refusals=(403, 404, 409),
        example={"name": "Platform and tools"},
        headers=(VERSIONED,),
    )
    @all_or_nothing
    def patch(self, request: Request, department: UUID) -> Response:
        """Change a department's names or whether it is hidden."""
        actor, patch = actor_of(request), read_body(request, DepartmentPatch)
        change_department(
            actor, department_id=department, version=read_version(request), now=timezone.now(), **given(patch)
        )
        return _answer(request, department)

    @operation(
        "departments_delete",
        summary="Delete a department",
        answers={204: None},
        refusals=(403, 404, 409),
        headers=(VERSIONED,),
    )
    def delete(self, request: Request, department: UUID) -> Response:
        """Delete a department that is empty, and the grants made there."""
        actor = actor_of(request)
        delete_department(actor, department_id=department, version=read_version(request), now=timezone.now())
        return Response(status=204)


class DepartmentChildrenView(APIView):
    """What is directly below one department."""

    units = (DEPARTMENT_VIEW, DEPARTMENT_CHANGE, DEPARTMENT_MOVE)

    @operation(
        "departments_children",
        summary="List the departments below one",
        answers={200: DepartmentList},
        refusals=(403, 404),
    )
    def get(self, request: Request, department: UUID) -> Response:
        """Return one level of the tree, at most 2,000 departments, in its order."""
        powers = powers_of(actor_of(request), now=timezone.now())
        return Response(DepartmentList(items=[_view(row) for row in tree_level(powers, parent_id=department)]))


class DepartmentMoveView(APIView):
    """The place of one department in the tree."""

    units = (DEPARTMENT_VIEW, DEPARTMENT_CHANGE, DEPARTMENT_MOVE)

    @operation(
        "departments_move",
        summary="Move a department",
        body=DepartmentMove,
        answers={200: DepartmentDetail},
        refusals=(403, 404, 409),
        example={"parent": "0198e2a0-0000-7000-8000-000000000001"},
        headers=(VERSIONED,),
    )
    @all_or_nothing
    def post(self, request: Request, department: UUID) -> Response:
        """Move a department with everything below it; its people stay in it, its grants go along."""
        actor, move = actor_of(request), read_body(request, DepartmentMove)
        move_department(
            actor,
            department_id=department,
            parent_id=move.parent,
            before_id=move.before,
            version=read_version(request),
            now=timezone.now(),
        )
        return _answer(request, department)


def _create(actor: User, new: NewDepartment, now: datetime) -> UUID:
    made = create_department(
        actor,
        parent_id=new.parent,
        name=new.name,
        code=new.code,
        is_hidden=new.is_hidden,
        before_id=new.before,
        now=now,
    )
    return made.id


def _answer(request: Request, department_id: UUID) -> Response:
    found = read_department(powers_of(actor_of(request), now=timezone.now()), department_id)
    return versioned(_view(found), found.version)


def _view(row: Department) -> DepartmentDetail:
    """The department as it travels. Reads its counts."""
    return DepartmentDetail(
        id=row.id,
        organisation=row.organisation_id,
        parent=row.parent_id,
        name=row.name,
        code=row.code,
        is_hidden=row.is_hidden,
        scope=row.path,
        children=row.children_count,
        people=row.people_count,
        version=row.version,
    )
