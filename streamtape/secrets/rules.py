"""`RedactionOptions`: what to mask in addition, and what not to mask; checked when it is made."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from streamtape.errors import UsageError
from streamtape.json_path import path_pattern
from streamtape.secrets.expressions import why_nothing

_OTHER_KINDS = ("cookie", "name", "path", "userinfo")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.1


@dataclass(frozen=True, slots=True)
class RedactionOptions:
    """What to mask beyond the defaults, and what not to mask.

    `headers`, `parameters`: more names (a parameter of a query, form or cookie), any case. These
    are masked even if their kind is `off`. `patterns`: more (kind, regular expression) pairs for
    URLs, values of headers, and bodies; where the expression has groups, the first one that matches
    a character is masked; it is matched within a line, so it needs neither `^` nor `$`.
    `json_paths`: texts in JSON bodies and in the lines of streams, as `$.user.email`,
    `$.items[*].name`, `$..secret`; all texts below the path are masked, numbers are not. `off`:
    kinds that are not masked. `keep`: names that are never masked. UsageError for a value that
    would mask nothing: a str in the place of a tuple, a path or expression that is invalid, an
    expression that matches no character, a name that no header or parameter has, a name that `keep`
    has as well, an unknown kind.
    """

    headers: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    patterns: tuple[tuple[str, str], ...] = ()
    json_paths: tuple[str, ...] = ()
    off: frozenset[str] = frozenset()
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("headers", "parameters", "json_paths", "keep"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        self._check_names()
        object.__setattr__(self, "off", frozenset(_texts("off", self.off)))
        object.__setattr__(self, "patterns", tuple(map(_pair, _listed("patterns", self.patterns))))
        for kind, pattern in self.patterns:
            try:
                why = why_nothing(pattern)
            except re.error as error:
                raise UsageError(f"redaction pattern {kind!r}, {pattern!r}: {error}") from error
            if why is not None:
                raise UsageError(
                    f"redaction pattern {kind!r}, {pattern!r} would mask nothing: {why}"
                )
        for path in self.json_paths:
            path_pattern(path)
        if self.off:
            self._check_kinds()

    def _check_names(self) -> None:
        """Refuse names that nothing can have, and names that are both masked and kept."""
        for header in self.headers:
            if not _HEADER.fullmatch(header):
                near = re.sub(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]", "", header)
                hint = f"; did you mean {near!r}?" if near else ""
                raise UsageError(f"headers: no header can have the name {header!r}{hint}")
        for name in self.parameters:
            near = unquote(name.strip("?&;#= ").partition("=")[0])
            if near != name:
                hint = f"; did you mean {near!r}?" if near else ""
                raise UsageError(f"parameters: {name!r} is not the name of a parameter{hint}")
        kept = {name.lower() for name in self.keep}
        for option in ("headers", "parameters"):
            for name in getattr(self, option):
                if name.lower() in kept:
                    raise UsageError(
                        f"{name!r} is in {option} and in keep: leave it out of one of them"
                    )

    def _check_kinds(self) -> None:
        from streamtape.secrets.known import PATTERNS  # the tables, which most programs need later

        known = {*_OTHER_KINDS, *(p.kind for p in PATTERNS), *(kind for kind, _ in self.patterns)}
        for kind in sorted(self.off - known):
            nearest = difflib.get_close_matches(kind, sorted(known), 1)
            hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
            raise UsageError(
                f"off={kind!r}: no such kind of secret{hint} (known: {', '.join(sorted(known))})"
            )


def _listed(name: str, value: object) -> tuple[object, ...]:
    if isinstance(value, str | bytes):
        raise UsageError(f"{name}={value!r} must be a tuple: {name}=({value!r},)")
    if not isinstance(value, Iterable):
        raise UsageError(f"{name}={value!r} must be a tuple, got {type(value).__name__}")
    return tuple(value)


def _texts(name: str, value: object) -> tuple[str, ...]:
    texts = _listed(name, value)
    for text in texts:
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"{name}={value!r} must be a tuple of names, got {text!r} in it")
    return tuple(str(text) for text in texts)


def _pair(value: object) -> tuple[str, str]:
    if isinstance(value, tuple | list) and len(value) == 2:
        kind, pattern = value
        if isinstance(kind, str) and isinstance(pattern, str) and kind and pattern:
            return kind, pattern
    raise UsageError(
        f"patterns must be pairs of a kind and a regular expression, got {value!r}: "
        "patterns=(('team', 'team-[0-9a-f]{16}'),)"
    )
