"""The control API at `/__streamtape`: requests, misses, faults and rules, as JSON.

    GET    /__streamtape             state: rules, counts, what was dropped, the tests heard of
    GET    /__streamtape/requests    the latest requests of a test, in order, without their secrets
    GET    /__streamtape/misses      requests that no rule answered, with the nearest rule
    POST   /__streamtape/fault       {"fault": "cut@event=3", "times": 1}: strikes the next ones
    PUT    /__streamtape/rules       rules of a test's own, in the shape of a file of rules
    POST   /__streamtape/reset       forget all that a test did, and its rules
    GET    /__streamtape/schema      the JSON schema of rules

The test is named as for every request: below /t/NAME, or in a header. The Host header is checked,
and pages of other origins are refused.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from streamtape.errors import StreamtapeError, UsageError
from streamtape.mock.rule_files import parse_rules, schema
from streamtape.mock.rules import Rule
from streamtape.mock.spaces import PendingFault, Seen, Space, Spaces
from streamtape.playback.faults import parse_faults
from streamtape.server.exchange import Exchange
from streamtape.tape.texts import masked_text, shortened

PREFIX = "/__streamtape"
_HEADERS = (
    (b"Content-Type", b"application/json"),
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
)
_MOST_BODY = 4000


class Controlled(Protocol):
    """What the control API needs of its server."""

    @property
    def url(self) -> str: ...
    @property
    def spaces(self) -> Spaces: ...
    @property
    def rules(self) -> list[Rule]: ...


def is_control(path: str) -> bool:
    """Whether a path is the control API's."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


async def control(exchange: Exchange, server: Controlled, space: Space, path: str) -> None:
    """Answer a request to the control API."""
    body = await exchange.body()
    name = path.removeprefix(PREFIX).strip("/")
    try:
        status, value = _answer(exchange.request.method, name, body, server, space)
    except StreamtapeError as error:
        status, value = 400, {"error": str(error)}
    text = masked_text(json.dumps(value, ensure_ascii=False, indent=2))
    await exchange.respond(status, _HEADERS, text.encode() + b"\n")


def _answer(
    method: str, name: str, body: bytes, server: Controlled, space: Space
) -> tuple[int, Any]:
    match method, name:
        case (("GET" | "HEAD"), ""):
            return 200, _state(server, space)
        case "GET", "requests":
            return 200, [_seen(n, one) for n, one in enumerate(space.seen, space.seen.n_dropped)]
        case "GET", "misses":
            return 200, list(space.misses)
        case "GET", "schema":
            return 200, schema()
        case "POST", "fault":
            return 200, {"faults": _set_faults(space, _object(body))}
        case "DELETE", "fault":
            space.faults.clear()
            return 200, {"faults": []}
        case "PUT", "rules":
            space.rules = parse_rules(body, "rules.json")
            space.answered.clear()
            return 200, {"rules": [rule.title for rule in space.rules]}
        case "POST", "reset":
            server.spaces.forget(space.name)
            return 200, _state(server, server.spaces.named(space.name))
    known = "state (GET), requests, misses, schema (GET), fault (POST, DELETE), rules (PUT), reset"
    return 404, {"error": f"there is no {method} {PREFIX}/{name}; known: {known}"}


def _state(server: Controlled, space: Space) -> dict[str, Any]:
    rules = server.rules if space.rules is None else space.rules
    return {
        "url": server.url,
        "test": space.name,
        "requests": space.n_requests,
        "misses": space.misses.n_total,
        "dropped": {"requests": space.seen.n_dropped, "misses": space.misses.n_dropped},
        "rules": [
            {"name": rule.title, "answered": space.answered[n]} for n, rule in enumerate(rules)
        ],
        "faults": [{"fault": str(p.fault), "times": p.n_left} for p in space.faults],
        "tests": {
            one.name: {"requests": one.n_requests, "misses": one.misses.n_total}
            for one in server.spaces
            if one.name
        },
    }


def _seen(number: int, seen: Seen) -> dict[str, Any]:
    request = seen.request
    read = {} if request is None else {
        "dialect": request.dialect, "model": request.model, "stream": request.stream,
        "user": request.user, "turn": request.turn, "tools": [t.name for t in request.tools],
    }  # fmt: skip
    return {
        "number": number,
        "method": seen.head.method,
        "path": seen.head.target,
        **read,
        "rule": seen.rule,
        "status": seen.status,
        "body": shortened(seen.body.decode("utf-8", "replace"), _MOST_BODY),
    }


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise UsageError(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UsageError("the body must be a JSON object")
    return value


def _set_faults(space: Space, given: dict[str, Any]) -> list[str]:
    """Add faults that strike the next requests of a test: `times` of them, one by default."""
    texts, times = given.get("fault"), given.get("times", 1)
    if not isinstance(texts, str | list) or not texts:
        raise UsageError('give a fault: {"fault": "cut@event=3", "times": 1}')
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise UsageError(f"times must be a whole number, 1 or more, got {times!r}")
    for fault in parse_faults(texts):
        space.faults.append(PendingFault(fault, times))
    return [str(pending.fault) for pending in space.faults]
