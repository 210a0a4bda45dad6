"""The routes of the REST API as Django sees them, which tests compare with everything else."""

import re

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

PREFIX = "api/v1/"


def api_operations() -> set[tuple[str, str]]:
    """Every method of every route below `/api/v1/`, as (METHOD, path template)."""
    return {
        (method.upper(), f"/{path}")
        for path, view in _routes(get_resolver().url_patterns, "")
        if path.startswith(PREFIX)
        for method in view.http_method_names
        if hasattr(view, method) and method != "options"
    }


def api_views() -> dict[str, type[APIView]]:
    """The view of every route below `/api/v1/`, by path template."""
    routes = _routes(get_resolver().url_patterns, "")
    return {f"/{path}": view for path, view in routes if path.startswith(PREFIX)}


def with_ids(path: str, some_id: str) -> str:
    """A path template with the same id in every place."""
    return re.sub(r"\{\w+\}", some_id, path)


def _routes(patterns: list[URLPattern | URLResolver], prefix: str) -> list[tuple[str, type[APIView]]]:
    found: list[tuple[str, type[APIView]]] = []
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += _routes(pattern.url_patterns, path)
        elif view := getattr(pattern.callback, "cls", None):
            found.append((re.sub(r"<\w+:(\w+)>", r"{\1}", path), view))
    return found
