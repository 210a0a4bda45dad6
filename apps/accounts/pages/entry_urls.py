"""Addresses of coming in and of what one comes in with, below `/accounts/`."""

from django.urls import path

from apps.accounts.pages import factors, passkeys, passwords, resets, sign_in

urlpatterns = [
    path("login/", sign_in.sign_in, name="login"),
    path("second-factor/", sign_in.second_factor, name="second-factor"),
    path("enrol/", factors.enrol, name="account-enrol"),
    path("renew/", passwords.renew_password, name="account-renew"),
    path("confirm/", sign_in.confirm, name="account-confirm"),
    path("password/", passwords.change_password, name="account-password"),
    path("reset/", resets.ask, name="password-reset"),
    path("reset/set/", resets.set_by_link, name="password-reset-set"),
    path("reset/<str:token>/", resets.set_by_link, name="password-reset-link"),
    path("factors/", factors.overview, name="account-factors"),
    path("factors/codes/", factors.add_codes, name="account-codes"),
    path("factors/codes/remove/", factors.remove_codes, name="account-codes-remove"),
    path("factors/recovery/", factors.issue_recovery, name="account-recovery"),
    path("factors/passkeys/<uuid:passkey_id>/remove/", factors.remove_passkey, name="account-passkey-remove"),
    path("passkeys/challenge/", passkeys.challenge, name="passkey-challenge"),
    path("passkeys/answer/", passkeys.answer, name="passkey-answer"),
]
