"""Organisations and their department trees.

The rows only hold what the tree is; changing it is `services.structure`'s business alone, because django-mptt's columns
come to harm when two change one tree at a time. Nobody calls `save()` on a department with another parent.
"""

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel, TreeManager

from apps.access.scopes import MAX_PATH_CHARS, Scope
from apps.common.models import Identified, Versioned
from apps.tenants.models import ScopedManager, TenantScoped

MAX_NAME_CHARS: Final = 100
MAX_CODE_CHARS: Final = 64


class Reach(models.TextChoices):
    """Whom the people of an organisation see inside it."""

    ORGANISATION = "organisation", _("everyone in it")
    BRANCH = "branch", _("their branch: the departments below their first level")
    DEPARTMENT = "department", _("their own departments")


class Organisation(TenantScoped, Identified, Versioned):  # type: ignore[django-manager-missing]  # by mptt
    """A company of the tenant, with exactly one department tree, whose root is made with it and bears its name."""

    name = models.CharField(_("name"), max_length=MAX_NAME_CHARS)
    code = models.CharField(_("code"), max_length=MAX_CODE_CHARS, blank=True)
    sort = models.IntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    reach = models.CharField(
        _("who sees whom inside"), max_length=16, choices=Reach.choices, default=Reach.ORGANISATION
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="orgs_organisation_name_once"),
            models.UniqueConstraint(
                fields=["tenant", "code"], condition=~Q(code=""), name="orgs_organisation_code_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Department(TenantScoped, Identified, Versioned, MPTTModel):  # type: ignore[misc, django-manager-missing]  # mptt is untyped
    """A node of an organisation's tree. Brothers and sisters have the order of the tree itself (`lft`).

    `path` is the scope path of the admins over it; the root's is the organisation's own.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="departments", verbose_name=_("organisation")
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    name = models.CharField(_("name"), max_length=MAX_NAME_CHARS)
    code = models.CharField(_("code"), max_length=MAX_CODE_CHARS, blank=True)
    path = models.CharField(_("scope"), max_length=MAX_PATH_CHARS, unique=True, editable=False)
    is_hidden = models.BooleanField(
        _("hidden"), default=False, help_text=_("Only people inside it see it, what is below it and who is in there.")
    )

    # The tree as django-mptt keeps it: a preorder walk numbers each department on the way in (lft) and out (rght).
    lft = models.PositiveIntegerField(editable=False)
    rght = models.PositiveIntegerField(editable=False)
    tree_id = models.PositiveIntegerField(editable=False)
    level = models.PositiveIntegerField(editable=False)

    unscoped: ClassVar[models.Manager["Department"]] = TreeManager()
    objects: ClassVar[ScopedManager["Department"]] = ScopedManager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="orgs_department_name_once"),
            models.UniqueConstraint(
                fields=["organisation", "code"], condition=~Q(code=""), name="orgs_department_code_once"
            ),
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(parent__isnull=True), name="orgs_department_one_root"
            ),
            models.UniqueConstraint(
                fields=["tree_id"], condition=Q(parent__isnull=True), name="orgs_department_own_tree"
            ),
        ]
        indexes = [
            models.Index(fields=["tree_id", "lft"], name="orgs_department_walk"),
            models.Index(fields=["tree_id", "lft"], condition=Q(is_hidden=True), name="orgs_department_hidden"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> Scope:
        """Where powers over it hold."""
        return Scope(self.path)

    @property
    def is_root(self) -> bool:
        """True for the department that stands for the whole organisation."""
        return self.parent_id is None

    @property
    def descendant_count(self) -> int:
        """How many departments are below it, at every depth."""
        return (self.rght - self.lft - 1) // 2
