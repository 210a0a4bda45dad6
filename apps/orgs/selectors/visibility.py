"""Whom somebody sees and may write to, from the database. The rules are defined in `visibility`; here they are SQL.

Every answer costs the queries of one standing (two) and its own. A standing may be read once and used for
several answers within one request.
"""

from collections.abc import Collection, Mapping
from typing import Final, Literal, NamedTuple
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.common.errors import ImError
from apps.orgs.errors import Blocked, WritingNotAgreed
from apps.orgs.models import Block, Contact, Department, PersonSettings, Placement
from apps.orgs.selectors.standing import Standing, read_standing
from apps.orgs.visibility import Refusal

_PERSON: Final = OuterRef("pk")
_NOT_HIDDEN: Final = Q(directory_settings__isnull=True) | Q(directory_settings__is_hidden=False)
_OPEN_PERSON: Final = Q(directory_settings__isnull=True) | Q(
    directory_settings__is_hidden=False, directory_settings__is_guest=False
)

_ERRORS: Final[Mapping[Refusal, type[ImError]]] = {
    Refusal.NOT_FOUND: UserNotFound,
    Refusal.BLOCKED: Blocked,
    Refusal.NOT_AGREED: WritingNotAgreed,
}

ContactState = Literal["accepted", "asked_by_me", "asked_by_them"]
"""How far two people are with each other, from the point of view of one of them."""
ContactWord = ContactState | Literal["none"]


class Relation(NamedTuple):
    """What two people are to each other, as one of them sees it."""

    contact: ContactWord
    blocked_by_me: bool
    may_write: bool


def visible_users(viewer: User, *, standing: Standing | None = None, few: bool = False) -> QuerySet[User]:
    """Return the people whom the viewer sees, herself among them, in no order. Three queries.

    `few`: the caller narrows them down to a few by their ids or names, so that each is looked at; it only matters for
    how long it takes.
    """
    stands = standing or read_standing(viewer)
    seen = _sees(stands, one_by_one=few or stands.sees_most)
    return User.objects.for_tenant(stands.tenant_id).filter(seen, is_active=True)


def may_see(viewer: User, user_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the people whom the viewer sees. Three queries."""
    return set(visible_users(viewer, few=True).filter(pk__in=set(user_ids)).values_list("pk", flat=True))


def refusals_to_write(actor: User, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return those of the people whom the actor may not write to, each with the code of `Refusal`.

    Four queries, none for nobody.
    """
    if not user_ids:
        return {}
    return _refusals(actor, user_ids, blocks=_blocks_between(actor, user_ids))


def require_may_write(actor: User, user_ids: Collection[UUID]) -> None:
    """Raise UserNotFound, Blocked or WritingNotAgreed for the first whom the actor may not write to. Four queries."""
    for user_id, code in refusals_to_write(actor, user_ids).items():
        raise _ERRORS[Refusal(code)](user=str(user_id))


def findable_users(viewer: User) -> QuerySet[User]:
    """Return the people who can be found by their exact sign-in name: all but hidden ones whom she does not see."""
    stands = read_standing(viewer)
    at_large = Standing(stands.user_id, stands.tenant_id)
    places = _placements(at_large)
    in_the_open = Q(_is_none(places)) | Q(_is_any(places.filter(~_is_walled(at_large, "department__"))))
    is_known = _NOT_HIDDEN & (Q(directory_settings__is_guest=True) | in_the_open)
    seen = _sees(stands, one_by_one=True)
    return User.objects.for_tenant(stands.tenant_id).filter(is_known | seen, is_active=True)


def visible_departments(viewer: User, *, standing: Standing | None = None) -> QuerySet[Department]:
    """Return the departments whose people the viewer sees for being there, and those on the way to them from the root.

    In no order. Three queries.
    """
    stands = standing or read_standing(viewer)
    departments = Department.objects.for_tenant(stands.tenant_id)
    if stands.is_guest:
        return departments.none()
    shown = departments.filter(_is_open(stands, "") | Q(path__in=stands.around))
    return shown.filter(~_is_walled(stands, "")) if stands.has_walls else shown


def visible_placements(viewer: User, *, standing: Standing | None = None) -> QuerySet[Placement]:
    """Return the places that the viewer may know of: her own, and those through which she sees who is in them.

    That somebody is a contact shows none of her places. In no order. Three queries.
    """
    stands = standing or read_standing(viewer)
    own = Q(user_id=stands.user_id)
    everyones = Placement.objects.for_tenant(stands.tenant_id)
    return everyones.filter(own) if stands.is_guest else everyones.filter(own | _shown(stands))


def others_placements(stands: Standing) -> QuerySet[Placement]:
    """Return the places that somebody may know of but for her own. In no order. One query.

    All that narrows them down to departments is said of the departments, with which the database can then begin.
    """
    everyones = Placement.objects.for_tenant(stands.tenant_id)
    if stands.is_guest:
        return everyones.none()
    in_tenant = Q(department__tenant_id=stands.tenant_id)
    return everyones.filter(in_tenant & _shown(stands)).exclude(user_id=stands.user_id)


def relation_of(viewer: User, user_id: UUID) -> Relation:
    """Return what the two are to each other; somebody whom the viewer does not see may not be written to.

    Five queries.
    """
    contact = Contact.objects.for_tenant(viewer.tenant_id).filter(_pair(viewer.pk, user_id)).first()
    blocks = _blocks_between(viewer, [user_id])
    return Relation(
        contact=contact_word(contact, viewer.pk) if contact else "none",
        blocked_by_me=(viewer.pk, user_id) in blocks,
        may_write=not _refusals(viewer, [user_id], blocks=blocks),
    )


def contact_word(contact: Contact, viewer_id: UUID) -> ContactState:
    """Say how far two people are with each other, from the point of view of one of them."""
    if contact.state == Contact.State.ACCEPTED:
        return "accepted"
    return "asked_by_me" if contact.requester_id == viewer_id else "asked_by_them"


def _sees(stands: Standing, *, one_by_one: bool, to_write: bool = False) -> Q:
    """People whom the viewer sees, or may write to but for blocks. The commonest reason comes first."""
    return _meets(stands, one_by_one=one_by_one, to_write=to_write) | Q(pk=stands.user_id) | _is_contact(stands)


def _meets(stands: Standing, *, one_by_one: bool, to_write: bool) -> Q:
    """People by where they work, either looked at one by one, or gathered."""
    if stands.is_guest:
        return Q(pk__in=())
    opened = _opened(stands, to_write=to_write)
    shared = Q(_shares_what_hides(stands))
    hidden = Q(directory_settings__is_guest=False, directory_settings__is_hidden=True)
    if one_by_one:
        own = _placements(stands)
        shown, knows = Q(_is_any(own.filter(opened))) | Q(_is_none(own)), Q(_is_any(own.filter(opened, shared)))
    else:
        everyones = Placement.objects.for_tenant(stands.tenant_id)
        nowhere = User.objects.for_tenant(stands.tenant_id).filter(placements__isnull=True)
        shown = Q(pk__in=everyones.filter(opened).values("user_id")) | Q(pk__in=nowhere.values("pk"))
        knows = Q(pk__in=everyones.filter(opened, shared).values("user_id"))
    met = _OPEN_PERSON & shown
    return met | (hidden & knows) if stands.inside else met


def _opened(stands: Standing, *, to_write: bool = False) -> Q:
    """Placements in departments whose people the viewer sees, or may write to."""
    opened = _is_open(stands, "department__", to_write=to_write)
    return opened & ~Q(_is_walled(stands, "department__")) if stands.has_walls else opened


def _shown(stands: Standing) -> Q:
    """Placements through which she sees who is there.

    Said by the few who are not shown, so that counting a company reads neither its people nor their settings.
    """
    exceptions = PersonSettings.objects.for_tenant(stands.tenant_id)
    inactive = User.objects.for_tenant(stands.tenant_id).filter(is_active=False)
    open_people = ~Q(user_id__in=exceptions.filter(Q(is_guest=True) | Q(is_hidden=True)).values("user_id"))
    if stands.inside:
        hidden = Q(user_id__in=exceptions.filter(is_guest=False, is_hidden=True).values("user_id"))
        open_people |= hidden & Q(_shares_what_hides(stands))
    return ~Q(user_id__in=inactive.values("pk")) & _opened(stands) & open_people


def _shares_what_hides(stands: Standing) -> Exists:
    """Placements in a hidden department, or below one, that the viewer is in too."""
    return Exists(_hidden_around(stands, "department__").filter(path__in=stands.inside))


def _is_open(stands: Standing, prefix: str, *, to_write: bool = False) -> Q:
    """Departments (at `prefix`) whose people the viewer sees but for walls."""
    if not stands.is_placed:
        return Q(**{f"{prefix}organisation__is_active": True})
    organisations = stands.whole | (stands.agreed_to_write if to_write else stands.agreed)
    opened = Q(**{f"{prefix}organisation_id__in": organisations}) | Q(**{f"{prefix}path__in": stands.places})
    for branch in sorted(stands.branches):
        opened |= Q(**{f"{prefix}path__startswith": branch})  # ids have one length: no path begins like another's
    return opened


def _is_any(rows: QuerySet[Placement]) -> IsNull:
    """Tell whether there is a row, by looking for one each time: EXISTS may be answered by gathering all of them."""
    return IsNull(Subquery(rows.values("pk")[:1]), False)


def _is_none(rows: QuerySet[Placement]) -> IsNull:
    """Tell whether there is no row, in the same way."""
    return IsNull(Subquery(rows.values("pk")[:1]), True)


def _is_walled(stands: Standing, prefix: str) -> Exists:
    """Tell whether a hidden department that the viewer is not in surrounds the one at `prefix`, or is it."""
    return Exists(_hidden_around(stands, prefix).exclude(path__in=stands.around))


def _hidden_around(stands: Standing, prefix: str) -> QuerySet[Department]:
    return Department.objects.for_tenant(stands.tenant_id).filter(
        is_hidden=True,
        tree_id=OuterRef(f"{prefix}tree_id"),
        lft__lte=OuterRef(f"{prefix}lft"),
        rght__gte=OuterRef(f"{prefix}rght"),
    )


def _placements(stands: Standing) -> QuerySet[Placement]:
    return Placement.objects.for_tenant(stands.tenant_id).filter(user_id=_PERSON)


def _is_contact(stands: Standing) -> Q:
    accepted = Contact.objects.for_tenant(stands.tenant_id).filter(state=Contact.State.ACCEPTED)
    asked = accepted.filter(requester_id=stands.user_id).values("other_id")
    got = accepted.filter(other_id=stands.user_id).values("requester_id")
    return Q(pk__in=asked) | Q(pk__in=got)


def _blocks_between(person: User, others: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Pairs of who blocks and who is blocked, one of them the person, the other one of the others."""
    rows = Block.objects.for_tenant(person.tenant_id).filter(
        Q(user_id=person.pk, blocked_id__in=others) | Q(blocked_id=person.pk, user_id__in=others)
    )
    return set(rows.values_list("user_id", "blocked_id"))


def _pair(first: UUID, second: UUID) -> Q:
    return Q(requester_id=first, other_id=second) | Q(requester_id=second, other_id=first)


def _refusals(actor: User, user_ids: Collection[UUID], *, blocks: set[tuple[UUID, UUID]]) -> dict[UUID, str]:
    wanted = list(dict.fromkeys(user_ids))
    stands = read_standing(actor)
    writable = _sees(stands, one_by_one=True, to_write=True)
    seen = dict(
        visible_users(actor, standing=stands, few=True)
        .filter(pk__in=wanted)
        .annotate(is_writable=ExpressionWrapper(writable, output_field=BooleanField()))
        .values_list("pk", "is_writable")
    )
    blocked = {user_id for pair in blocks for user_id in pair}.difference([actor.pk])
    refusals = {user_id: _refusal(seen.get(user_id), is_blocked=user_id in blocked) for user_id in wanted}
    return {user_id: code for user_id, code in refusals.items() if code}


def _refusal(is_writable: bool | None, *, is_blocked: bool) -> str:
    """`is_writable` is None for people who are not seen."""
    if is_writable is None:
        return Refusal.NOT_FOUND.value
    if is_blocked:
        return Refusal.BLOCKED.value
    return "" if is_writable else Refusal.NOT_AGREED.value
