"""Two installations, each with a database of its own, and a company of the one that lets people come from elsewhere.

Browsers keep cookies by host name, whatever the port: the one that vouches for people is `localhost` to them, the one
they come to is 127.0.0.1, as two companies' installations would have two names.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from tests.databases import make_database
from tests.identity.parties import CLIENT_ID, SECRET, Party, parties
from tests.identity.saml_pages import Pages, saml_pages
from tests.webclient.browser.site import Site

SEED = "tests.webclient.browser.federation_seed"


class Issuer(Site):
    """The installation that vouches for its people."""

    def __init__(self, folder: Path, worker: str, callback: str) -> None:
        super().__init__(folder, f"issuer_{worker}")
        self._callback = callback
        self.client: dict[str, str] = {}
        """The other installation as a program here: `client_id` and `secret`."""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.http_port}"

    def prepare(self) -> None:
        """Make the database, its people and the program, start the node."""
        make_database(self._database)
        told = {"password": self.password, "callbacks": [self._callback], "people": {"lin": "林夏", "mei": "梅子"}}
        self.client = json.loads(self._run("-m", SEED, "issuer", told=json.dumps(told)))
        self.start()


@dataclass
class Federation:
    """Who works with whom. `buttons` are the names of the connections."""

    site: Site
    issuer: Issuer
    company: Pages
    feishu: Party
    department: UUID

    @property
    def door(self) -> str:
        """The sign-in page of the company whose people come from elsewhere."""
        return f"{self.site.url}/accounts/login/?tenant=haiyan"

    def departments_of(self, display_name: str) -> list[UUID]:
        """Where somebody of this name is placed."""
        query = """
            SELECT placement.department_id FROM orgs_placement placement
            JOIN accounts_user person ON person.id = placement.user_id WHERE person.display_name = %s
        """
        with psycopg.connect(self.site.conninfo) as connection:
            return [row[0] for row in connection.execute(query, (display_name,)).fetchall()]


@contextmanager
def federation(site: Site, folder: Path, worker: str) -> Iterator[Federation]:
    """Start what `site` works with, and make the company there."""
    oidc, saml, feishu = uuid4(), uuid4(), uuid4()
    issuer = Issuer(folder, worker, f"{site.url}/accounts/via/{oidc}/callback/")
    try:
        with parties() as party, saml_pages(folder) as company:
            issuer.prepare()
            company.metadata_url = f"{site.url}/accounts/via/{saml}/saml/metadata/"
            feishu_config = {"client_id": CLIENT_ID, "accounts_url": party.base, "api_url": party.base}
            connections = [
                _connection(oidc, "oidc", "Partner", issuer.client["secret"], _oidc_config(issuer)),
                _connection(saml, "saml", "Company", "", company.idp.config()),
                _connection(feishu, "feishu", "Feishu", SECRET, feishu_config),
            ]
            told = {"password": site.password, "connections": connections, "people": {"chen": "陈晨"}}
            made = json.loads(site.run_beside(SEED, "relying", told=json.dumps(told)))
            yield Federation(site, issuer, company, party, UUID(made["department"]))
    finally:
        issuer.close()


def _oidc_config(issuer: Issuer) -> dict[str, str]:
    return {"issuer": issuer.url, "client_id": issuer.client["client_id"]}


def _connection(key: UUID, kind: str, name: str, secret: str, config: dict[str, str]) -> dict[str, object]:
    return {"id": str(key), "kind": kind, "name": name, "secret": secret, "config": config}
