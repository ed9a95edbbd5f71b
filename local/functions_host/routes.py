"""A method and a path in, the function and its route parameters out.

Templates are ASP.NET Core's: `orders/{id:int}`, `{name?}`, `{*rest}`, `file-{name}.txt`. Case does not matter, nor does
a trailing slash. Where several match, the more specific one wins, by ASP.NET Core's precedence. The real host does not
promise that order, so an app that means to run in Azure keeps its templates apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import StartError

_CONSTRAINTS = {
    "int": r"-?[0-9]{1,10}",
    "long": r"-?[0-9]{1,19}",
    "bool": r"true|false",
    "alpha": r"[a-z]+",
    "guid": r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}",
}
_MAX_LENGTH = re.compile(r"maxlength\(([0-9]{1,4})\)", re.IGNORECASE | re.ASCII)
_PARAMETER = re.compile(r"\{(\*{0,2})([a-z_]\w*)(?::([^{}?]+))?(\?)?\}", re.IGNORECASE)
_LITERAL, _CONSTRAINED, _PARAMETER_ONLY, _CONSTRAINED_CATCH_ALL, _CATCH_ALL = 1, 2, 3, 4, 5
_RESERVED = frozenset({"admin", "runtime"})


@dataclass(frozen=True)
class Route:
    """One template, ready to be matched; no methods means every method."""

    function_name: str
    template: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    precedence: tuple[int, ...]


@dataclass(frozen=True)
class Match:
    function_name: str
    parameters: dict[str, str]


class RouteTable:
    """All routes of an app, the most specific first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda route: route.precedence)

    def find(self, method: str, path: str) -> Match | None:
        """None also for a known path with another method: the real host answers 404 there, never 405, and it does not
        answer HEAD where only GET is listed (github.com/Azure/azure-functions-host/issues/10098 and /11625)."""
        for route in self._routes:
            if route.methods and method not in route.methods:
                continue
            if found := route.pattern.fullmatch(path):
                return Match(route.function_name, {k: v for k, v in found.groupdict().items() if v})
        return None


def parse_route(function_name: str, template: str, methods: Iterable[str], prefix: str = "") -> Route:
    """The route of one function, or a StartError naming the function and what is wrong."""
    segments = [segment for segment in f"{prefix}/{template}".split("/") if segment]
    if segments and segments[0].lower() in _RESERVED:
        raise StartError(f"function {function_name}: route {template!r} collides with the host's own /{segments[0]}")
    parsed = [_parse_segment(function_name, segment, last=segment is segments[-1]) for segment in segments]
    try:
        pattern = re.compile("".join(text for text, _ in parsed) + "/?", re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise StartError(f"function {function_name}: route {template!r} is not valid: {error}") from error
    upper = frozenset(method.upper() for method in methods)
    return Route(function_name, "/" + "/".join(segments), upper, pattern, tuple(rank for _, rank in parsed))


def _parse_segment(function_name: str, segment: str, *, last: bool) -> tuple[str, int]:
    match = _PARAMETER.fullmatch(segment)
    if match is None:
        return _parse_mixed_segment(function_name, segment)
    stars, name, constraint, optional = match.groups()
    if (stars or optional) and not last:
        raise StartError(f"function {function_name}: {segment} may only end a route")
    if stars:
        return f"(?:/(?P<{name}>.*))?", _CONSTRAINED_CATCH_ALL if constraint else _CATCH_ALL
    value = f"/(?P<{name}>{_value_pattern(function_name, constraint)})"
    return f"(?:{value})?" if optional else value, _CONSTRAINED if constraint else _PARAMETER_ONLY


def _parse_mixed_segment(function_name: str, segment: str) -> tuple[str, int]:
    pattern, position, parameters = "/", 0, 0
    for match in _PARAMETER.finditer(segment):
        if match[1] or match[4]:
            raise StartError(f"function {function_name}: route part {match[0]!r} must be a whole segment")
        pattern += _literal(function_name, segment[position : match.start()])
        pattern += f"(?P<{match[2]}>{_value_pattern(function_name, match[3])})"
        position, parameters = match.end(), parameters + 1
    pattern += _literal(function_name, segment[position:])
    return pattern, _CONSTRAINED if parameters else _LITERAL


def _literal(function_name: str, text: str) -> str:
    if "{" in text or "}" in text:
        raise StartError(f"function {function_name}: route part {text!r} is not understood by this host")
    return re.escape(text)


def _value_pattern(function_name: str, constraint: str | None) -> str:
    if constraint is None:
        return "[^/]+"
    if longest := _MAX_LENGTH.fullmatch(constraint):
        return f"[^/]{{0,{int(longest[1])}}}"
    if constraint.lower() not in _CONSTRAINTS:
        known = ", ".join([*_CONSTRAINTS, "maxlength(N)"])
        raise StartError(f"function {function_name}: route constraint {constraint!r} is not one of {known}")
    return _CONSTRAINTS[constraint.lower()]
