"""Which recorded interaction answers a request, and why none does.

Requests are compared by parts: method, URL, body by default. JSON bodies are compared as JSON,
query parameters without regard to their order, multipart bodies without their random boundary.
Equal requests are answered in the order in which they were recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from streamtape.session.modes import Options
from streamtape.tape.model import Interaction, Request, header

_PORTS = {"http": 80, "https": 443}
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two requests differ: `where` is a part, or a path in the JSON body."""

    where: str
    recorded: str
    asked: str


def _query(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(parse_qsl(urlsplit(request.url).query, keep_blank_values=True)))


def _port(request: Request) -> int | None:
    url = urlsplit(request.url)
    return url.port or _PORTS.get(url.scheme)


def _headers(request: Request) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(sorted((name.lower(), value) for name, value in request.headers))


_PARTS: dict[str, Callable[[Request], Hashable]] = {
    "method": lambda r: r.method.upper(),
    "scheme": lambda r: urlsplit(r.url).scheme,
    "host": lambda r: urlsplit(r.url).hostname,
    "port": _port,
    "path": lambda r: urlsplit(r.url).path or "/",
    "query": _query,
    "headers": _headers,
}
_URL = ("scheme", "host", "port", "path", "query")


def json_body(request: Request) -> Any:
    """The body as JSON; `_MISSING` where it is not a JSON object or array."""
    content_type = (header(request.headers, "content-type") or "").lower()
    if "json" not in content_type and request.body.lstrip()[:1] not in {b"{", b"["}:
        return _MISSING
    try:
        return json.loads(request.body)
    except ValueError:
        return _MISSING


def _plain_body(request: Request) -> bytes:
    content_type = header(request.headers, "content-type") or ""
    boundary = re.search(r'multipart/[^;]+;.*boundary="?([^";]+)', content_type, re.IGNORECASE)
    if boundary is None:
        return request.body
    return request.body.replace(boundary[1].encode("latin-1"), b"boundary")


class Matcher:
    """Compares requests as the options say."""

    def __init__(self, options: Options) -> None:
        names = [name for name in options.match_on if isinstance(name, str)]
        self._parts = [p for name in names for p in (_URL if name == "url" else (name,))]
        self._functions = [f for f in options.match_on if not isinstance(f, str)]
        self._ignored = [re.compile(_path_pattern(path)) for path in options.ignore_json_paths]

    def key(self, request: Request) -> tuple[Hashable, ...]:
        """A value that is equal for requests that match, before the user's own functions."""
        return tuple(
            self._body(request) if part == "body" else _PARTS[part](request) for part in self._parts
        )

    def equal(self, recorded: Request, asked: Request) -> bool:
        """Whether the user's own functions agree, given that the keys are equal."""
        return all(function(recorded, asked) for function in self._functions)

    def _body(self, request: Request) -> Hashable:
        value = json_body(request)
        if value is _MISSING:
            return _plain_body(request)
        if self._ignored:
            value = {p: v for p, v in leaves(value) if not self._is_ignored(p)}
        return json.dumps(value, sort_keys=True)

    def _is_ignored(self, path: str) -> bool:
        return any(pattern.match(path) for pattern in self._ignored)

    def differences(self, recorded: Request, asked: Request) -> list[Difference]:
        """Where two requests differ, first difference first."""
        found: list[Difference] = []
        for part in self._parts:
            if part == "body":
                found += self._body_differences(recorded, asked)
            elif _PARTS[part](recorded) != _PARTS[part](asked):
                found.append(
                    Difference(part, _show(_PARTS[part](recorded)), _show(_PARTS[part](asked)))
                )
        for function in self._functions:
            if not function(recorded, asked):
                name = getattr(function, "__name__", repr(function))
                found.append(Difference(f"{name}()", "", "returned False"))
        return found

    def _body_differences(self, recorded: Request, asked: Request) -> list[Difference]:
        before, after = json_body(recorded), json_body(asked)
        if before is _MISSING or after is _MISSING:
            if _plain_body(recorded) == _plain_body(asked):
                return []
            return [Difference("body", _show(recorded.body), _show(asked.body))]
        old = {p: v for p, v in leaves(before) if not self._is_ignored(p)}
        new = {p: v for p, v in leaves(after) if not self._is_ignored(p)}
        return [
            Difference(f"body {path}", _leaf(old, path), _leaf(new, path))
            for path in dict.fromkeys((*old, *new))
            if json.dumps(old.get(path, _ABSENT)) != json.dumps(new.get(path, _ABSENT))
        ]


_ABSENT = "\x00absent"


def _leaf(values: dict[str, Any], path: str) -> str:
    return _show_json(values[path]) if path in values else "(not there)"


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Give every leaf of a JSON value with its path: `$.input[0].content`."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            name = f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"[{json.dumps(key)}]"
            yield from leaves(item, path + name)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def _path_pattern(path: str) -> str:
    start = path if path.startswith("$") else f"$.{path}"
    return re.escape(start).replace(r"\[\*\]", r"\[\d+\]") + r"(?:[.\[]|$)"


def _show(value: object, limit: int = 200) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def _show_json(value: Any) -> str:
    return _show(json.dumps(value, ensure_ascii=False))


class Tape:
    """A cassette being played: which interactions were, and which one is next for a request."""

    def __init__(self, interactions: Sequence[Interaction], options: Options) -> None:
        self._matcher = Matcher(options)
        self._repeats = options.allow_playback_repeats
        self.interactions = tuple(interactions)
        self.plays = [0] * len(self.interactions)
        self._by_key: dict[tuple[Hashable, ...], list[int]] = {}
        for index, interaction in enumerate(self.interactions):
            self._by_key.setdefault(self._matcher.key(interaction.request), []).append(index)

    def candidates(self, asked: Request) -> list[int]:
        """The indices of all interactions that match, played or not."""
        indices = self._by_key.get(self._matcher.key(asked), [])
        return [i for i in indices if self._matcher.equal(self.interactions[i].request, asked)]

    def take(self, asked: Request) -> Interaction | None:
        """The interaction that answers, marked as played; None where none does."""
        indices = self.candidates(asked)
        index = next((i for i in indices if not self.plays[i]), None)
        if index is None and indices and self._repeats:
            index = indices[-1]
        if index is None:
            return None
        self.plays[index] += 1
        return self.interactions[index]

    def nearest(self, asked: Request) -> tuple[int, list[Difference]] | None:
        """The interaction that differs least, and where; None for an empty cassette."""
        if not self.interactions:
            return None
        found = [
            (index, self._matcher.differences(interaction.request, asked))
            for index, interaction in enumerate(self.interactions)
        ]
        return min(found, key=lambda pair: (_distance(pair[1]), self.plays[pair[0]]))


def _distance(differences: Sequence[Difference]) -> int:
    # A different path or method is a different question; a different value in the body is close.
    return sum(1 if d.where.startswith("body $") else 1000 for d in differences)
