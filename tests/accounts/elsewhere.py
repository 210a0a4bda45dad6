"""Addresses that look as if they were of this site, or that a browser takes elsewhere (RFC 9700 §4.11)."""

from typing import Final

ELSEWHERE: Final = (
    "//evil.test/",
    "///evil.test/",
    "/\\evil.test/",
    "\\\\evil.test/",
    "/\t/evil.test/",
    "\n//evil.test/",
    " //evil.test/",
    "\x00//evil.test/",
    "https://evil.test/",
    "HTTPS:evil.test",
    "http:///evil.test/",
    "http:\\\\evil.test",
    "http://testserver@evil.test/",
    "http://testserver.evil.test/",
    "http://testserver:80@evil.test/",
    "ftp://testserver/",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,hello",
    "//[evil",
    "/" + "x" * 4_000,
)
"""The last one is only longer than anybody needs."""
