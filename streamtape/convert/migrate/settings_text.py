"""Command lines and ini options of pytest-recording, pytest-vcr and cassetter, in our words.

They are found by their names wherever they are in a text: ini and TOML files, workflows, makefiles.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_MODES = {"rewrite": "all"}
_VALUE = r"(?:=|\s+)[\"']?([\w.-]+)[\"']?"


def _mode(match: re.Match[str]) -> str:
    return f"--tape-record={_MODES.get(match[1], match[1])}"


def _hosts(match: re.Match[str]) -> str:
    return " ".join(f"--tape-allow-host={host}" for host in match[1].split(",") if host)


_RULES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (rf"--(?:record-mode|vcr-record(?:-mode)?){_VALUE}", _mode),
    (r"--block-network\b", "--tape-block-network"),
    (r"--allowed-hosts(?:=|\s+)([\w.,*:-]+)", _hosts),
    (r"--(?:disable-recording|disable-vcr)\b", "--tape-disable"),
    (r"(?m)^(\s*)vcr_max_age(\s*=)", r"\1tape_max_age\2"),
    (r"(?m)^(\s*)vcr_on_expiry(\s*=\s*[\"']?)rerecord", r"\1tape_on_expired\2record"),
    (r"(?m)^(\s*)vcr_on_expiry(\s*=)", r"\1tape_on_expired\2"),
    (r"(?m)^(\s*)vcr_on_unplayed(\s*=)", r"\1tape_unplayed\2"),
    (r"\s*--vcr-check-orphans(?:=\S+)?", ""),
)
TOOLS = ("pytest-recording", "pytest_recording", "pytest-vcr", "pytest_vcr", "vcrpy", "cassetter")


def rewrite_settings(text: str) -> str:
    """The text with the options in our words; the same text where it has none of theirs."""
    for pattern, replacement in _RULES:
        text = re.sub(pattern, replacement, text)
    return text


def tools_in(text: str) -> set[str]:
    """The tools that a text names, with dashes."""
    words = r"(?<![\w-])({})(?![\w-])".format("|".join(map(re.escape, TOOLS)))
    return {name.replace("_", "-") for name in re.findall(words, text)}
