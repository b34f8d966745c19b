"""Whether a recorded request matches a live one, and where they differ.

Requests are compared by parts: method, URL, body by default. JSON bodies are compared as JSON,
query parameters and form fields without regard to their order, multipart bodies without their
random boundary, compressed bodies decoded. A mask matches any secret of its kind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Hashable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from streamtape.errors import UsageError
from streamtape.json_path import path_pattern
from streamtape.session.bodies import (
    MISSING,
    alike,
    canonical,
    content,
    equal_but_masks,
    plain,
    structured,
    without_lengths,
)
from streamtape.session.difference import Difference, objection, only, shown, text_of
from streamtape.session.id_mapping import Token, matched_up, skeleton
from streamtape.session.json_leaves import has_below, leaves
from streamtape.session.long_matching import Digests
from streamtape.session.options import Options
from streamtape.session.outlines import NO_BODY, UNSURE, Outline, outline_of
from streamtape.tape.http_values import split_url
from streamtape.tape.long_bodies import is_long
from streamtape.tape.model import Request

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_PAIRS = {"query", "headers"}
Key = tuple[Hashable, ...]  # a value for each name in `match_on`


_URL = ("scheme", "host", "port", "path", "query")


def _url(request: Request) -> tuple[Hashable, ...]:
    """All parts of the URL, in the order of `_URL`."""
    return _parts_of(request.url)


@lru_cache(maxsize=256)
def _parts_of(text: str) -> tuple[Hashable, ...]:
    # A URL is recorded as it will be requested, so it is taken apart once.
    url = split_url(text)
    port = url.port or _PORTS.get(url.scheme)
    query = tuple(sorted(parse_qsl(url.query, keep_blank_values=True)))
    return url.scheme, url.hostname, port, url.path or "/", query


def _in_url(at: int) -> Callable[[Request], Hashable]:
    return lambda request: _url(request)[at]


def _headers(request: Request) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(sorted((name.lower(), value) for name, value in request.headers))


_PARTS: dict[str, Callable[[Request], Hashable]] = {
    "method": lambda r: r.method.upper(),
    **{name: _in_url(at) for at, name in enumerate(_URL)},
    "headers": _headers,
}


def is_ignored(url: str, options: Options) -> bool:
    """Whether requests to this URL pass by, neither recorded nor replayed."""
    host = (split_url(url).hostname or "").lower()
    if options.ignore_localhost and (
        host in {"localhost", "::1"} or host.endswith(".localhost") or host.startswith("127.")
    ):
        return True
    return any(fnmatchcase(host, pattern.lower()) for pattern in options.ignore_hosts)


class Matcher:
    """Compares requests as the options say. `pairs` are the ids that are matched up so far."""

    def __init__(self, options: Options) -> None:
        self.pairs: dict[str, str] = {}
        self.matches_up = bool(options.match_up)
        self._filters = options.filters
        names = [name for name in options.match_on if isinstance(name, str)]
        self._parts = [p for name in names for p in (_URL if name == "url" else (name,))]
        named = {**_PARTS, "url": _url, "body": self._body}
        self.compares_bodies = "body" in self._parts
        self._keys = [named[name] for name in names]
        self._keys_without_body = [named[name] for name in names if name != "body"]
        self._body_at = names.index("body") if "body" in names else None
        self._address = [named[name] for name in names if name in {"url", *_URL}]
        self._functions = [f for f in options.match_on if not isinstance(f, str)]
        self._digests = Digests()
        self._ignored = [path_pattern(path) for path in options.ignore_json_paths]

    def filtered(self, request: Request) -> Request:
        """The request as the user's filters give it; UsageError where one gives something else."""
        for function in self._filters:
            request = function(request)
            if not isinstance(request, Request):
                name = getattr(function, "__name__", repr(function))
                raise UsageError(
                    f"the filter {name} returned {request!r}; it must return a Request"
                )
        return request

    def key(self, request: Request) -> Key:
        """A value that is equal for requests that match, before the user's own functions."""
        return tuple([key(request) for key in self._keys])

    def address(self, request: Request) -> tuple[Hashable, ...]:
        """The part of the key that is of the URL."""
        return tuple([key(request) for key in self._address])

    def equal(self, recorded: Request, requested: Request) -> bool:
        """Whether ids and the user's own functions agree too, given that the keys are equal."""
        if self._matched_up(recorded, requested) is None:
            return False
        return all(objection(f, recorded, requested) is None for f in self._functions)

    def is_equal_but_masks(self, recorded: Request, requested: Request) -> bool:
        """Whether requests are equal but for secrets, which are masked in at least one of them."""
        for part in self._parts:
            if part == "body":
                if self._bodies_differ(recorded, requested):
                    return False
            elif not _part_equal_but_masks(_PARTS[part](recorded), _PARTS[part](requested)):
                return False
        return self.equal(recorded, requested)

    def without_body(self, key: Key) -> Key:
        """A key without its body."""
        at = self._body_at
        return key if at is None else key[:at] + key[at + 1 :]

    def outline(self, key: Key) -> Outline:
        """What is known of a body from a key."""
        if self._body_at is None:
            return NO_BODY
        text = str(key[self._body_at])
        return UNSURE if text == _LONG else outline_of(text)

    def may_be_masked(self, request: Request, key: Key) -> bool:
        """Whether something may have been masked in what is compared of a request."""
        if "REDACTED" in request.url:
            return True
        if "headers" in self._parts and any(
            b"****" in value or b"[redacted]" in value for _, value in request.headers
        ):
            return True
        text = "" if self._body_at is None else str(key[self._body_at])
        return text == _LONG or ("****" in text and b"****" in content(request))

    def n_different_parts(self, one: Key, other: Key) -> int:
        """How many parts differ in two keys without their bodies; the URL has five."""
        pairs: list[tuple[Any, Any]] = []
        for key, x, y in zip(self._keys_without_body, one, other, strict=True):
            pairs += zip(x, y, strict=True) if key is _url else [(x, y)]  # type: ignore[call-overload]  # parts of the URL
        return sum(x != y for x, y in pairs)

    def learn(self, recorded: Request, requested: Request) -> None:
        """Keep the pairs of recorded and requested ids that a request which was answered gives."""
        self.pairs = self._matched_up(recorded, requested) or self.pairs

    def _matched_up(self, recorded: Request, requested: Request) -> dict[str, str] | None:
        if "body" not in self._parts:
            return self.pairs
        if is_long(recorded) or is_long(requested):
            return self.pairs if self._digests.are_same(recorded, requested) else None
        if not self.matches_up:
            return self.pairs
        return matched_up(self._tokens(recorded), self._tokens(requested), self.pairs)

    def _tokens(self, request: Request) -> tuple[Token, ...]:
        value = structured(request)
        return () if value is MISSING else skeleton(self._leaves(value))[1]

    def _body(self, request: Request) -> Hashable:
        if is_long(request):
            return _LONG
        value = structured(request)
        if value is MISSING:
            return without_lengths(plain(request))
        if self.matches_up:
            return without_lengths(skeleton(self._leaves(value))[0])
        bare = self._leaves(value) if self._ignored else value
        return without_lengths(canonical(bare))

    def _leaves(self, value: Any) -> dict[str, Any]:
        found = leaves(value)
        return (
            {p: v for p, v in found.items() if not self._is_ignored(p)} if self._ignored else found
        )

    def _is_ignored(self, path: str) -> bool:
        return any(pattern.match(path) for pattern in self._ignored)

    def differences(self, recorded: Request, requested: Request) -> list[Difference]:
        """Where two requests differ, first difference first."""
        found: list[Difference] = []
        for part in self._parts:
            if part == "body":
                found += self._body_differences(recorded, requested)
            elif _PARTS[part](recorded) != _PARTS[part](requested):
                old, new = _PARTS[part](recorded), _PARTS[part](requested)
                if part in _PAIRS:
                    old, new = only(old, new), only(new, old)
                found.append(Difference(part, *shown(str(old), str(new))))
        for function in self._functions:
            reason = objection(function, recorded, requested)
            if reason is not None:
                found.append(Difference(reason, "", ""))
        return found

    def message_differences(self, recorded: bytes, reason: bytes) -> list[Difference]:
        """Where two messages of a client differ, compared as bodies of requests are.

        What is learned of ids holds for later messages and requests. Nothing differs where bodies
        are not compared.
        """
        if "body" not in self._parts:
            return []
        one, other = Request("", "", (), recorded), Request("", "", (), reason)
        found = self._body_differences(one, other)
        if not found:
            self.learn(one, other)
        return [replace(d, where=d.where.removeprefix("body ")) for d in found]

    def _body_differences(self, recorded: Request, requested: Request) -> list[Difference]:
        if is_long(recorded) or is_long(requested):
            found = self._digests.difference(recorded, requested)
            return [] if found is None else [found]
        was, now = self.body_leaves(recorded), self.body_leaves(requested)
        if was is None or now is None:
            if not self.whole_bodies_differ(recorded, requested):
                return []
            old, new = content(recorded), content(requested)
            return [Difference("body", *shown(text_of(old), text_of(new)))]
        return [
            Difference(f"body {path}", *shown(_leaf(was, path), _leaf(now, path)))
            for path in self.differing(was, now)
        ]

    def _bodies_differ(self, recorded: Request, requested: Request) -> bool:
        was, now = self.body_leaves(recorded), self.body_leaves(requested)
        if was is None or now is None:
            return self.whole_bodies_differ(recorded, requested)
        return next(self.differing(was, now), None) is not None

    def body_leaves(self, request: Request) -> dict[str, Any] | None:
        """The leaves of a body by path; None where it is compared whole."""
        value = MISSING if is_long(request) else structured(request)
        return None if value is MISSING else self._leaves(value)

    def whole_bodies_differ(self, recorded: Request, requested: Request) -> bool:
        """Whether two bodies differ of which one can't be taken apart."""
        if is_long(recorded) or is_long(requested):
            return not self._digests.are_same(recorded, requested)
        return not equal_but_masks(plain(recorded), plain(requested))

    def differing(
        self, was: dict[str, Any], now: dict[str, Any], among: Container[str] | None = None
    ) -> Iterator[str]:
        """Iterate over the paths at which two bodies differ, or over those of them in `among`."""
        known = dict(self.pairs)
        for path in dict.fromkeys((*was, *now)):
            if (among is None or path in among) and self._leaf_differs(path, was, now, known):
                yield path

    def n_objections(self, recorded: Request, requested: Request) -> int:
        """How many of the user's own functions take two requests for different ones."""
        return sum(objection(f, recorded, requested) is not None for f in self._functions)

    def _leaf_differs(
        self, path: str, old: dict[str, Any], new: dict[str, Any], known: dict[str, str]
    ) -> bool:
        """Whether a leaf differs; ids that it matches up are added to `known`."""
        one, other = old.get(path, _ABSENT), new.get(path, _ABSENT)
        if (one in _EMPTY and has_below(new, path)) or (other in _EMPTY and has_below(old, path)):
            return False  # what is below it is reported
        if one is _ABSENT or other is _ABSENT:
            return True  # a mask matches a value, not its absence
        if alike(one, other):
            return False
        if not self.matches_up:
            return True
        (bare, tokens), (other_bare, other_tokens) = skeleton({path: one}), skeleton({path: other})
        pairs = matched_up(tokens, other_tokens, known)
        known.update(pairs or {})
        return bare != other_bare or pairs is None


def _part_equal_but_masks(one: Any, other: Any) -> bool:
    """Whether a part (a text, or sorted pairs of texts) differs only in masked secrets."""
    if isinstance(one, str) and isinstance(other, str):
        return equal_but_masks(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return all(map(_part_equal_but_masks, one, other))
    if isinstance(one, bytes) and isinstance(other, bytes):
        return equal_but_masks(one.decode("latin-1"), other.decode("latin-1"))
    return bool(one == other)


_EMPTY: tuple[Any, ...] = ({}, [])
_ABSENT = "\x00absent"
_LONG = "\x00long"  # the key of every long body: which one it is, `equal` finds out


def _leaf(values: dict[str, Any], path: str) -> str:
    return json.dumps(values[path], ensure_ascii=False) if path in values else "(not there)"
