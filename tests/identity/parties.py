"""Other parties on loopback: an OpenID provider, Feishu, DingTalk, WeCom and WeChat, as their documentation has them.

One server plays them all, below a path each. A test says who signs in and what is wrong with the answers.
"""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KID = "key-1"
CLIENT_ID, SECRET = "imsite-client", "imsite-secret-imsite-secret-imsite"


class Party:
    """What the server knows and answers; `asked` is every request that came: path, headers and body."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.reset()

    def reset(self) -> None:
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.header: dict[str, Any] = {"kid": KID}
        self.algorithm: str | None = "RS256"
        self.signing_key: Any = None
        self.codes: dict[str, str] = {}
        """Each code that was issued, with the nonce that it was issued for."""
        self.answers: dict[str, Any] = {}
        """By path: what is answered in place of the usual; bytes go out as they are, int is a status, str a page."""

    @property
    def issuer(self) -> str:
        return f"{self.base}/oidc"

    def issue_code(self, location: str) -> tuple[str, str]:
        """What the browser comes back with from the address it was sent to: code and state."""
        asked = parse_qs(urlsplit(location).query)
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked.get("nonce", [""])[0]
        return code, asked["state"][0]

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "sub-1",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm is None:
            parts = [json.dumps({"alg": "none", **self.header}), json.dumps(claims)]
            return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts) + "."
        return jwt.encode(claims, self.signing_key or self.key, algorithm=self.algorithm, headers=self.header)

    def answer(self, path: str, query: dict[str, list[str]], body: Any) -> Any:
        if path in self.answers:
            return self.answers[path]
        known = {
            "/oidc/.well-known/openid-configuration": self._metadata,
            "/oidc/jwks": lambda: {"keys": [self._jwk()]},
            "/oidc/token": lambda: self._token(body),
            "/oidc/userinfo": lambda: {"sub": "sub-1", **self.userinfo},
            "/open-apis/authen/v1/authorize": lambda: self._agree(query),
            "/open-apis/authen/v2/oauth/token": lambda: {"code": 0, "access_token": "at", "expires_in": 7200},
            "/open-apis/authen/v1/user_info": lambda: {"code": 0, "msg": "success", "data": self.userinfo},
            "/v1.0/oauth2/userAccessToken": lambda: {
                "accessToken": "at",
                "refreshToken": "rt",
                "expireIn": 7200,
                "corpId": self.claims.get("corpId", "corp-1"),
            },
            "/v1.0/contact/users/me": lambda: self.userinfo,
            "/cgi-bin/gettoken": lambda: {"errcode": 0, "errmsg": "ok", "access_token": "app", "expires_in": 7200},
            "/cgi-bin/auth/getuserinfo": lambda: {"errcode": 0, "errmsg": "ok", **self.claims},
            "/cgi-bin/user/get": lambda: {"errcode": 0, "errmsg": "ok", **self.userinfo},
            "/sns/oauth2/access_token": lambda: {"access_token": "at", "expires_in": 7200, "openid": "wx-1"},
            "/sns/userinfo": lambda: {"openid": "wx-1", **self.userinfo},
        }
        made: Any = known.get(path, lambda: 404)
        return made()

    def _agree(self, query: dict[str, list[str]]) -> str:
        """The page on which somebody lets us know who she is."""
        back = urlencode({"code": "code-1", "state": query["state"][0]})
        where = escape(f"{query['redirect_uri'][0]}?{back}")
        return f'<!doctype html><link rel=icon href=data:,><title>Feishu</title><a href="{where}">Agree</a>'

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        } | self.metadata

    def _jwk(self) -> dict[str, Any]:
        public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**public, "kid": KID, "use": "sig", "alg": "RS256"}

    def _token(self, body: Any) -> Any:
        code = parse_qs(body).get("code", [""])[0]
        if code not in self.codes:
            return 400
        return {
            "access_token": "at",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(self.codes.pop(code)),
        }


class _Handler(BaseHTTPRequestHandler):
    party: Party

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

    def _answer(self, body: str) -> None:
        parts = urlsplit(self.path)
        self.party.asked.append((self.path, dict(self.headers), body))
        found = self.party.answer(parts.path, parse_qs(parts.query), body)
        status, data = (found, b"{}") if isinstance(found, int) else (200, found)
        form, raw = _written(data)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Type", form)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Quiet."""


def _written(data: Any) -> tuple[str, bytes]:
    """The type and the bytes of an answer."""
    if isinstance(data, str):
        return "text/html; charset=utf-8", data.encode()
    raw = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return "application/json", raw


@contextmanager
def parties() -> Iterator[Party]:
    """Serve until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.party = party = Party(f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield party
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
