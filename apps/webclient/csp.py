"""Content-Security-Policy texts: what a page may load, run and talk to.

The strict policy is for everything we write ourselves: no inline script or style, nothing from elsewhere, no markup
made from strings (Trusted Types). The relaxed one is for pages whose libraries need inline code: the admin and the
interactive API documentation. Both keep foreign origins out.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_PLAIN_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
_SHARED = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "object-src": "'none'",
}


def strict_policy(*, nonce: str = "", connect: Sequence[str] = (), forms: Sequence[str] = ()) -> str:
    """The policy of our own pages.

    `nonce` admits one inline script, `connect` further origins of requests, and `forms` addresses whose origins a form
    of the page may lead to. Raises ValueError for an address that is no plain http(s) one.
    """
    script = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return _text(
        {
            **_SHARED,
            "connect-src": " ".join(["'self'", *connect]),
            "form-action": " ".join(["'self'", *(_form_source(url) for url in forms)]),
            "img-src": "'self'",
            "script-src": script,
            "style-src": "'self'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "'none'",
        }
    )


def relaxed_policy() -> str:
    """The policy of pages whose libraries write inline scripts and styles and evaluate expressions."""
    return _text(
        {
            **_SHARED,
            "connect-src": "'self'",
            "img-src": "'self' data:",
            "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
            "style-src": "'self' 'unsafe-inline'",
            "worker-src": "'self' blob:",
        }
    )


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as CSP wants them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _form_source(url: str) -> str:
    """What a policy is made of must not bring directives of its own: it comes from people's settings."""
    origin = origin_of(url)
    if _PLAIN_ORIGIN.fullmatch(origin) is None:
        raise ValueError(f"no address that a form may lead to: {url!r}")
    return origin


def _text(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
