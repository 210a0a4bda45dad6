"""The pages of a SAML identity provider, for a person at a browser: who are you, and back to where you came from."""

import base64
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.identity.saml_idp import Idp

ASK = """<!doctype html><link rel=icon href=data:,><title>Company sign-in</title><h1>Company sign-in</h1>
<form method=post action="/sso?request={request}"><input id=name name=name><button>Sign in</button></form>"""
LEAD_BACK = """<!doctype html><link rel=icon href=data:,><title>Company sign-in</title>
<body onload="document.forms[0].submit()">
<form method=post action="{where}"><input type=hidden name=SAMLResponse value="{answer}"></form>"""


class Pages:
    """The provider with its address. `metadata_url` is where its one service tells of itself."""

    def __init__(self, folder: Path, base: str) -> None:
        self.idp = Idp(folder, f"{base}/sso")
        self.metadata_url = ""

    def ask(self, packed: str) -> str:
        """The page that asks who somebody is; a request of another service, or for another address, raises."""
        request_id, _where = self.idp.read(self._metadata(), packed)
        return ASK.format(request=escape(request_id))

    def lead_back(self, request_id: str, name: str) -> str:
        """The page that posts whom we vouch for."""
        where = self.metadata_url.removesuffix("metadata/")
        identity = {"mail": [f"{name}@acme.test"], "displayName": [name.title()]}
        response = self.idp.respond(
            self._metadata(), request_id, where, self.metadata_url, name_id=f"saml-{name}", identity=identity
        )
        return LEAD_BACK.format(where=where, answer=base64.b64encode(response.encode()).decode())

    def _metadata(self) -> str:
        with urllib.request.urlopen(self.metadata_url, timeout=60) as answer:
            return str(answer.read().decode())


class _Handler(BaseHTTPRequestHandler):
    pages: Pages

    def do_GET(self) -> None:
        self._answer(lambda query: self.pages.ask(query["SAMLRequest"][0]))

    def do_POST(self) -> None:
        fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer(lambda query: self.pages.lead_back(query["request"][0], fields["name"][0]))

    def _answer(self, page: Any) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/sso":
            self.send_error(404)
            return
        raw = page(parse_qs(parts.query)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: Any) -> None:
        """Tests print nothing."""


@contextmanager
def saml_pages(folder: Path) -> Iterator[Pages]:
    """Serve until the block ends, below a host name that is another site than 127.0.0.1 to browsers."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        handler.pages = pages = Pages(folder, f"http://localhost:{server.server_address[1]}")  # type: ignore[attr-defined]
        yield pages
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
