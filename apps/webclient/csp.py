"""Content-Security-Policy texts: what a page may load, run and talk to.

The strict policy is for everything we write ourselves: no inline script or style, nothing from elsewhere, no markup
made from strings (Trusted Types). The relaxed one is for pages whose libraries need inline code: the admin and the
interactive API documentation. Both keep foreign origins out.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

_SHARED = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "object-src": "'none'",
}


def strict_policy(*, nonce: str = "", connect: Sequence[str] = ()) -> str:
    """The policy of our own pages. `nonce` admits one inline script, `connect` further origins of requests."""
    script = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return _text(
        {
            **_SHARED,
            "connect-src": " ".join(["'self'", *connect]),
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


def _text(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
