"""Parsing of a mock server's input: rule files, options, bodies of requests."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streamtape.errors import UsageError
from streamtape.mock.options import Options
from streamtape.mock.rule_files import parse_rules
from streamtape.mock.rules import Rule, rules_of
from streamtape.server.exchange import Exchange
from streamtape.stores.local import read_whole


def load_rules(given: Any) -> list[Rule]:
    """Rules in any form; a path, or a string with the suffix of a rule file, is loaded."""
    named = isinstance(given, os.PathLike) or (
        isinstance(given, str) and given.endswith((".yaml", ".yml", ".toml", ".json"))
    )
    if not named:
        return rules_of(given)
    path = Path(given)
    try:
        data = read_whole(path)
    except OSError as error:
        raise UsageError(f"can't read the rules in {str(path)!r}: {error.strerror}") from None
    return parse_rules(data, str(path))


def default_options(options: Mapping[str, Any]) -> Options:
    """The default options of requests; UsageError for an unknown one."""
    try:
        return Options(**options)
    except TypeError as error:
        raise UsageError(f"unknown option of the mock: {error}") from None


def headers_of(exchange: Exchange) -> dict[str, str]:
    """The headers of a request by their names in lower case."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in exchange.request.headers
    }


def parsed_body(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; UsageError if the body is not one."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the request body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UsageError("the request body must be a JSON object")
    return value
