"""What the REST API of the directory takes from administrators and gives them. Times are unix ms."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from apps.accounts.services.users import MAX_DISPLAY_NAME_CHARS, MAX_EMAIL_CHARS, MAX_USERNAME_CHARS
from apps.common.rest.bulk import MAX_ITEMS, Mode
from apps.common.rest.pages import DEFAULT_LIMIT, Cursor, Limit
from apps.common.rest.structs import Input, Output
from apps.common.text import LINE_PATTERN, NONBLANK_LINE_PATTERN
from apps.orgs.exchange.rows import MAX_PASSWORD_CHARS
from apps.orgs.models.departments import MAX_CODE_CHARS, MAX_NAME_CHARS
from apps.orgs.models.people import MAX_TITLE_CHARS

MAX_TIME_MS: Final = 253_402_300_799_000
"""The end of the year 9999."""

MAX_NEW_PEOPLE: Final = 100
"""Of one request: each password is hashed slowly on purpose, a tenth of a second of a core."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS, pattern=NONBLANK_LINE_PATTERN)]
Code = Annotated[str, msgspec.Meta(max_length=MAX_CODE_CHARS, pattern=LINE_PATTERN)]
Title = Annotated[str, msgspec.Meta(max_length=MAX_TITLE_CHARS, pattern=LINE_PATTERN)]
Sort = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Time = Annotated[int, msgspec.Meta(ge=0, le=MAX_TIME_MS)]
Username = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USERNAME_CHARS, pattern=NONBLANK_LINE_PATTERN)]
DisplayName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=MAX_DISPLAY_NAME_CHARS, pattern=NONBLANK_LINE_PATTERN)
]
Email = Annotated[str, msgspec.Meta(max_length=MAX_EMAIL_CHARS, pattern=LINE_PATTERN)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_PASSWORD_CHARS)]
Language = Literal["", "en", "zh-hans"]
ReachWord = Literal["organisation", "branch", "department"]


class ById(msgspec.Struct, array_like=True):
    """Where a page ends that is ordered by id."""

    id: UUID


class OrganisationView(Output):
    """A company of a tenant. `root` is the department that stands for it; `reach`: whom its people see inside."""

    id: UUID
    tenant: UUID
    name: str
    code: str
    sort: int
    is_active: bool
    reach: str
    root: UUID
    version: int


class OrganisationPage(Output):
    """One page of organisations, oldest first."""

    items: list[OrganisationView]
    next: str


class OrganisationSearch(Input):
    """Which organisations: those of one tenant, or all that one administers."""

    tenant: UUID | None = None
    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class NewOrganisation(Input):
    """An organisation; its root department is made with it. `tenant`: another one than one's own."""

    name: Name
    code: Code = ""
    sort: Sort = 0
    tenant: UUID | None = None


class OrganisationPatch(Input):
    """What to change; what is left out stays."""

    name: Name | None = None
    code: Code | None = None
    sort: Sort | None = None
    reach: ReachWord | None = None


class Status(Input):
    """Whether it is in use."""

    is_active: bool


class DepartmentDetail(Output):
    """A department. `scope` is the path for grants over it; `children` and `people` are counts, directly in it."""

    id: UUID
    organisation: UUID
    parent: UUID | None
    name: str
    code: str
    is_hidden: bool
    scope: str
    children: int
    people: int
    version: int


class DepartmentList(Output):
    """Departments in the order of the tree."""

    items: list[DepartmentDetail]


class TreeSearch(Input):
    """Whose tree; one's own tenant's if left out."""

    tenant: UUID | None = None


class NewDepartment(Input):
    """A department below another one: before one of its children, or after all of them."""

    parent: UUID
    name: Name
    code: Code = ""
    is_hidden: bool = False
    before: UUID | None = None


class NewDepartments(Input):
    """Many departments at once."""

    items: Annotated[list[NewDepartment], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    mode: Mode = "all"


class DepartmentPatch(Input):
    """What to change; what is left out stays."""

    name: Name | None = None
    code: Code | None = None
    is_hidden: bool | None = None


class DepartmentMove(Input):
    """Where a department goes, with everything below it: before one of the new parent's children, or after all."""

    parent: UUID
    before: UUID | None = None


class PlacementView(Output):
    """A person's place in a department."""

    id: UUID
    user: UUID
    department: UUID
    title: str
    is_primary: bool
    is_leader: bool
    sort: int
    version: int


class PlacementItem(Output):
    """Who is in a department, and how."""

    placement: PlacementView
    username: str
    display_name: str
    is_active: bool


class PlacementPage(Output):
    """One page of a department's people: leaders first, then by `sort`."""

    items: list[PlacementItem]
    next: str


class PageSearch(Input):
    """Which part of a list."""

    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class PersonItem(Output):
    """Somebody one administers."""

    id: UUID
    tenant: UUID
    username: str
    login: str
    display_name: str
    email: str
    is_active: bool
    version: int


class PersonPage(Output):
    """One page of people, oldest accounts first."""

    items: list[PersonItem]
    next: str


class PersonSearch(Input):
    """Whom: by part of a name, pinyin or initials; everyone for nothing."""

    q: Annotated[str, msgspec.Meta(max_length=100, pattern=LINE_PATTERN)] = ""
    cursor: Cursor = ""
    limit: Limit = DEFAULT_LIMIT


class PersonDetail(Output):
    """Somebody one administers, with those of her places that one does."""

    id: UUID
    tenant: UUID
    username: str
    login: str
    display_name: str
    email: str
    locale: str
    is_active: bool
    is_hidden: bool
    is_guest: bool
    version: int
    placements: list[PlacementView]


class NewPersonBody(Input):
    """A person with an account, in a department or, for those who run the tenant, at large. No password: none yet."""

    username: Username
    display_name: DisplayName | None = None
    password: Password | None = None
    email: Email = ""
    locale: Language = ""
    department: UUID | None = None
    title: Title = ""
    is_leader: bool = False
    sort: Sort = 0


class NewPeople(Input):
    """Many people at once."""

    items: Annotated[list[NewPersonBody], msgspec.Meta(min_length=1, max_length=MAX_NEW_PEOPLE)]
    mode: Mode = "all"


class PersonPatch(Input):
    """What to change; what is left out stays."""

    display_name: DisplayName | None = None
    email: Email | None = None
    locale: Language | None = None
    is_hidden: bool | None = None
    is_guest: bool | None = None


class NewPassword(Input):
    """Another password."""

    password: Password


class NewPlacement(Input):
    """A place for a person. Her first one is her primary one unless told otherwise."""

    department: UUID
    title: Title = ""
    is_primary: bool | None = None
    is_leader: bool = False
    sort: Sort = 0


class PlacementOf(NewPlacement, kw_only=True):
    """A place for a person, and whose."""

    user: UUID


class NewPlacements(Input):
    """Many places at once."""

    items: Annotated[list[PlacementOf], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    mode: Mode = "all"


class PlacementPatch(Input):
    """What to change; what is left out stays."""

    title: Title | None = None
    is_primary: bool | None = None
    is_leader: bool | None = None
    sort: Sort | None = None


def given(patch: msgspec.Struct) -> dict[str, Any]:
    """Return the fields of a patch that are to change."""
    return {name: value for name, value in msgspec.structs.asdict(patch).items() if value is not None}
