"""What django-allauth would show in the admin: nothing of it is used."""

import allauth.account.admin
import allauth.socialaccount.admin  # noqa: F401 - registers what is taken away below
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin

for model in (EmailAddress, EmailConfirmation, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
