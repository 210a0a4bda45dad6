"""What a program may ask for."""

from oauth2_provider.models import get_application_model

from apps.accounts.oauth.scopes import Scopes
from apps.accounts.services.scopes import scope_texts
from apps.tenants.models import Tenant
from tests.accounts.programs import make_program


def test_a_program_may_ask_for_what_it_is_registered_for_and_means_it_by_default(tenant: Tenant) -> None:
    application = make_program(tenant, scopes=("openid", "orgs.people.view")).application

    assert Scopes().get_available_scopes(application) == ["openid", "orgs.people.view"]
    assert Scopes().get_default_scopes(application) == ["openid", "orgs.people.view"]


def test_own_clients_mean_the_whole(db: None) -> None:
    own = get_application_model().objects.get(client_id="imsite-cli")

    assert Scopes().get_default_scopes(own) == ["im"]


def test_of_no_program_there_are_all() -> None:
    assert Scopes().get_available_scopes() == list(Scopes().get_all_scopes()) == list(scope_texts())
