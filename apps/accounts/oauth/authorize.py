"""The authorization endpoint (RFC 6749 §3.1): where a person decides what a program may do in her name.

She is asked once for what a program wants, and again when it wants more. For a program on her own machine that has no
secret she is asked each time: any other one there could say that it is this one, and use the code (RFC 8252 §8.6).
"""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.models import get_application_model
from oauth2_provider.views import AuthorizationView
from oauthlib.oauth2.rfc6749.errors import InvalidClientIdError
from oauthlib.openid.connect.core.exceptions import ConsentRequired, LoginRequired

from apps.accounts.models import User
from apps.accounts.oauth.core import ASKING, issuer_of, sign_in_facts
from apps.accounts.oauth.parameters import BoundedParameters
from apps.accounts.services.consents import give_consent, is_allowed
from apps.accounts.services.redirects import is_loopback
from apps.accounts.services.scopes import in_words
from apps.accounts.services.serving import is_served, standing_of

MAX_AGE_DIGITS: Final = 9
"""Of `max_age` in seconds: three decades; a longer one is no number that anybody means."""


@method_decorator(never_cache, name="dispatch")
class AuthorizeView(BoundedParameters, AuthorizationView):  # type: ignore[misc]  # the base is untyped
    """Asks the person, unless she has said so before, and leads her back to the program."""

    template_name = "accounts/consent.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer; from the first on as the person's own tenant sees things."""
        if isinstance(request.user, User):
            setattr(request, ASKING, request.user)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask her, or lead back at once. One who signed in too long ago for the program signs in again first."""
        if self._is_too_long_ago():
            return self._sign_in_again()
        asked = request.GET.copy()
        asked["approval_prompt"] = "force"  # whether she is asked is decided here, not by who leads her here
        request.GET = asked  # type: ignore[assignment]  # the library takes a copy as well
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        """Lead back with what she decided, and remember it if she allowed it."""
        data, person = form.cleaned_data, self.request.user
        application = get_application_model().objects.filter(client_id=data["client_id"]).first()
        if application is None or not is_served(person, application):
            return self.render_to_response({"error": InvalidClientIdError()}, status=400)
        answer: HttpResponse = super().form_valid(form)
        if data["allow"] and "code" in dict(parse_qsl(urlsplit(self.success_url or "").query)):
            give_consent(person, application, data["scope"].split(), now=timezone.now())
        return answer

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        """Show the question, or why there is none; where she has answered before, lead back."""
        if "error" in context or "application" not in context:
            self.template_name = "accounts/refused.html"
            return super().render_to_response(context, **response_kwargs)  # type: ignore[no-any-return]
        if self.request.method == "GET":
            prompts = set(self.request.GET.get("prompt", "").split())
            if "consent" not in prompts and self._is_remembered(context):
                return self._lead_back(context)
            if "none" in prompts:
                return self._refuse(ConsentRequired(state=context["state"]), context)
        standing = standing_of(context["application"])
        shown = {
            **context,
            "allows": in_words(context["scopes"]),
            "leads_to": urlsplit(context["redirect_uri"]).netloc,
            "description": standing.description if standing else "",
            "homepage": standing.homepage if standing else "",
        }
        response: HttpResponse = super().render_to_response(shown, **response_kwargs)
        response.form_targets = [context["redirect_uri"]]  # type: ignore[attr-defined]  # read by a middleware
        return response

    def redirect(self, redirect_to: str, application: Any) -> HttpResponse:
        """Lead back, and say who answers (RFC 9207): a program that asked somebody else notices."""
        parts = urlsplit(redirect_to)
        said = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "iss"]
        query = urlencode([*said, ("iss", issuer_of(self.request))])
        answer: HttpResponse = super().redirect(urlunsplit(parts._replace(query=query)), application)
        return answer

    def handle_prompt_login(self) -> HttpResponse:
        """Let her prove once more who she is."""
        return self._sign_in_again() if self.request.user.is_authenticated else super().handle_prompt_login()

    def _is_too_long_ago(self) -> bool:
        """Tell whether the program wants a younger sign-in (OpenID Connect Core §3.1.2.1, `max_age`)."""
        asked = self.request.GET.get("max_age", "")
        if not asked.isdecimal() or not asked.isascii() or len(asked) > MAX_AGE_DIGITS:
            return False
        signed_in_at, _amr = sign_in_facts(self.request)
        return (timezone.now() - signed_in_at).total_seconds() > max(int(asked), 1)

    def _sign_in_again(self) -> HttpResponse:
        """Send her to prove it, and back here without what sent her there; without asking her, say so."""
        prompts = self.request.GET.get("prompt", "").split()
        if "none" in prompts:
            try:
                _scopes, credentials = self.validate_authorization_request(self.request)
            except OAuthToolkitError as error:
                return self.error_response(error, application=None)  # type: ignore[no-any-return]  # untyped
            return self._refuse(LoginRequired(state=credentials.get("state")), credentials)
        left = [(name, value) for name, value in self.request.GET.items() if name not in {"prompt", "max_age"}]
        kept = " ".join(prompt for prompt in prompts if prompt != "login")
        query = urlencode([*left, *([("prompt", kept)] if kept else [])])
        here = f"{self.request.path}?{query}"
        response = HttpResponse(status=302)
        response["Location"] = f"{resolve_url('account-confirm')}?{urlencode({'next': here})}"
        return response

    def _is_remembered(self, context: dict[str, Any]) -> bool:
        application = context["application"]
        if application.client_type == application.CLIENT_PUBLIC and is_loopback(context["redirect_uri"]):
            return False
        return is_allowed(self.request.user, application, context["scopes"])

    def _lead_back(self, context: dict[str, Any]) -> HttpResponse:
        names = ("client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method")
        credentials = {name: context.get(name) for name in (*names, "nonce")}
        if "resource" in context:
            credentials["resource"] = context["resource"].split()
        try:
            uri, _headers, _body, _status = self.create_authorization_response(
                request=self.request, scopes=" ".join(context["scopes"]), credentials=credentials, allow=True
            )
        except OAuthToolkitError as error:
            return self.error_response(error, context["application"])  # type: ignore[no-any-return]  # untyped
        return self.redirect(uri, context["application"])

    def _refuse(self, error: Any, context: dict[str, Any]) -> HttpResponse:
        """Lead back to the program without a code, and say why. Its address has been checked."""
        address = context["redirect_uri"]
        joined = address + ("&" if "?" in address else "?") + error.urlencoded
        return self.redirect(joined, context.get("application"))
