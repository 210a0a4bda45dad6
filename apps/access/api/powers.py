"""REST: what there is to allow, and what oneself is allowed."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.api.structs import Power, PowerList, UnitList, UnitView, actor_of
from apps.access.scopes import Level
from apps.access.selectors import powers_of
from apps.access.units import Unit, all_units
from apps.common.rest.openapi import operation


class UnitsView(APIView):
    """The permission units of this installation."""

    @operation("units_list", summary="List what may be allowed", answers={200: UnitList})
    def get(self, request: Request) -> Response:
        """Return every unit that a role may hold, with its words in one's language."""
        return Response(UnitList(items=[_unit(unit) for unit in all_units()]))


class MyPowersView(APIView):
    """One's own powers."""

    @operation("me_powers", summary="Read one's own powers", answers={200: PowerList})
    def get(self, request: Request) -> Response:
        """Return what one may do now, and where."""
        powers = powers_of(actor_of(request), now=timezone.now())
        held = [Power(unit.code, [scope.path for scope in powers.scopes(unit)]) for unit in all_units()]
        return Response(PowerList(items=[power for power in held if power.scopes]))


def _unit(unit: Unit) -> UnitView:
    names = {Level.SYSTEM: "system", Level.TENANT: "tenant", Level.ORGANISATION: "organisation"}
    return UnitView(
        code=unit.code,
        label=str(unit.label),
        group=str(unit.group),
        lowest=names.get(unit.lowest, "department"),  # type: ignore[arg-type]  # one of the words of UnitView
    )
