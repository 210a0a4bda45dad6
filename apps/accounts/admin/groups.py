"""Django's own groups are not used: who may do what is a matter of roles and grants (`apps.access`)."""

import django.contrib.auth.admin  # noqa: F401 - registers what is taken away below
from django.contrib import admin
from django.contrib.auth.models import Group

admin.site.unregister(Group)
