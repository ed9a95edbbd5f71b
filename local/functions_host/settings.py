"""host.json, local.settings.json and the environment in, what the host needs to know out."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ScheduleError, StartError
from .ncrontab import parse_time_span

# What the real host takes outside the Consumption plan, Core Tools included.
_DEFAULT_TIMEOUT = "00:30:00"
_LOG_LEVELS = {
    "Trace": logging.DEBUG,
    "Debug": logging.DEBUG,
    "Information": logging.INFO,
    "Warning": logging.WARNING,
    "Error": logging.ERROR,
    "Critical": logging.CRITICAL,
    "None": logging.CRITICAL + 1,
}
_REFERENCE = re.compile(r"%([^%\s]+)%")


@dataclass(frozen=True, kw_only=True)
class HostJson:
    """The settings of host.json that a local host can honour."""

    route_prefix: str
    """What every route begins with; `api` unless the app says otherwise."""
    function_timeout: float | None
    """Seconds an invocation may take; None is no limit (`-1` in host.json)."""
    log_levels: Mapping[str, int]
    """Of `logging.logLevel`, as Python counts levels."""

    def log_level(self, category: str) -> int:
        """Of the longest name that the category begins with, part by part, as the real host has it."""
        parts = category.split(".")
        names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
        return next((self.log_levels[name] for name in (*names, "default") if name in self.log_levels), logging.INFO)


def read_host_json(script_root: Path) -> HostJson:
    path = script_root / "host.json"
    if not path.is_file():
        raise StartError(f"{script_root} has no host.json, so it is not a function app")
    document = _read_object(path)
    prefix = _member(_member(document, "extensions"), "http").get("routePrefix", "api")
    levels = _member(_member(document, "logging"), "logLevel").items()
    return HostJson(
        route_prefix=str(prefix),
        function_timeout=_timeout(document.get("functionTimeout")),
        log_levels={name: _LOG_LEVELS[level] for name, level in levels if level in _LOG_LEVELS},
    )


def load_local_settings(script_root: Path, environ: MutableMapping[str, str]) -> None:
    """Core Tools' rule: local.settings.json fills in what the environment does not already say."""
    path = script_root / "local.settings.json"
    if path.is_file():
        document = _read_object(path)
        if document.get("IsEncrypted"):
            raise StartError(f"{path} is encrypted; run `func settings decrypt` first")
        for name, value in _member(document, "Values").items():
            environ.setdefault(name, str(value))
    environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")


def resolve_references(function_name: str, text: str, environ: Mapping[str, str]) -> str:
    """`%NAME%` becomes the app setting NAME; a missing or empty one stops the start, as in the real host."""

    def value_of(reference: re.Match[str]) -> str:
        if not (value := environ.get(reference[1])):
            raise StartError(f"function {function_name}: {text} names the app setting {reference[1]}, which is not set")
        return value

    return _REFERENCE.sub(value_of, text)


def is_disabled(function_name: str, environ: Mapping[str, str]) -> bool:
    """AzureWebJobs.<name>.Disabled, or with underscores where a name may not hold dots."""
    names = (f"AzureWebJobs.{function_name}.Disabled", f"AzureWebJobs_{function_name}_Disabled")
    return any(environ.get(name, "").lower() in {"1", "true"} for name in names)


def _timeout(value: Any) -> float | None:
    if str(value) in {"-1", "-00:00:01"}:
        return None
    try:
        return parse_time_span(str(value or _DEFAULT_TIMEOUT)).total_seconds()
    except ScheduleError as error:
        raise StartError(f"host.json: functionTimeout {error}") from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise StartError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise StartError(f"{path} does not hold a JSON object")
    return document


def _member(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}
