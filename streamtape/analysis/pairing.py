"""Which interaction of one cassette is compared with which of the other.

Interactions with equal requests are paired, in order; among the rest, those with the same method
and path. If a request was sent several times, equal answers are paired first, since one of them may
be missing on one side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from streamtape.compare.align import gaps
from streamtape.dialects.payload import NOT_JSON, canonical, decode
from streamtape.tape.http_values import split_url
from streamtape.tape.model import Interaction, Request

Key = Callable[[Interaction], Hashable]


class Paired(NamedTuple):
    """Two interactions to compare; one of them is None if the other has no partner.

    `moved` is True if the partner is at another place in the order of the requests.
    """

    a: Interaction | None
    b: Interaction | None
    moved: bool = False


def pair(a: Sequence[Interaction], b: Sequence[Interaction], answer: Key) -> list[Paired]:
    """Pair the interactions of two cassettes, in order; `answer` gives the key of a response."""
    if len(a) == len(b) == 1:
        return [Paired(a[0], b[0])]
    requests = _RequestKeys((*a, *b))
    pairs = _aligned(a, b, (requests.key, _address_of))
    known = _Remembered(answer)
    if requests.repeated and _n_changed(pairs, known):

        def request_and_answer(one: Interaction) -> Hashable:
            return requests.key(one), known(one) if requests.key(one) in requests.repeated else None

        closer = _aligned(a, b, (request_and_answer, requests.key, _address_of))
        closer = _with_moved(closer, request_and_answer)
        if _n_changed(closer, known) < _n_changed(pairs, known):
            return closer
    return _with_moved(pairs, requests.key)


def address(request: Request) -> tuple[str, str]:
    """A request's method and path."""
    return request.method, split_url(request.url).path


def body(request: Request) -> Any:
    """A request's body as JSON; NOT_JSON if it is not one."""
    return decode(request.body.decode("utf-8", "backslashreplace")) if request.body else NOT_JSON


def _address_of(interaction: Interaction) -> Hashable:
    return address(interaction.request)


class _RequestKeys:
    """The request of each interaction, as a key, and which keys one cassette has several times."""

    def __init__(self, interactions: Sequence[Interaction]) -> None:
        self._keys = {id(one): _request_key(one.request) for one in interactions}
        counts = Counter(self._keys.values())
        self.repeated = {key for key, n in counts.items() if n > 2}

    def key(self, interaction: Interaction) -> Hashable:
        return self._keys[id(interaction)]


class _Remembered:
    """A key function whose result is kept for each interaction."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._known: dict[int, Hashable] = {}

    def __call__(self, interaction: Interaction) -> Hashable:
        if id(interaction) not in self._known:
            self._known[id(interaction)] = self._key(interaction)
        return self._known[id(interaction)]


def _request_key(request: Request) -> Hashable:
    value = body(request)
    return (*address(request), request.body if value is NOT_JSON else canonical(value))


def _aligned(
    a: Sequence[Interaction], b: Sequence[Interaction], keys: Sequence[Key]
) -> list[Paired]:
    """Pair by the first key, then between those pairs by the next; the rest stays unpaired."""
    if not keys:
        return [*(Paired(x, None) for x in a), *(Paired(None, x) for x in b)]
    pairs: list[Paired] = []
    i = j = 0
    for gap in gaps([keys[0](x) for x in a], [keys[0](x) for x in b]):
        pairs.extend(map(Paired, a[i : gap.a1], b[j : gap.b1]))
        pairs.extend(_aligned(a[gap.a1 : gap.a2], b[gap.b1 : gap.b2], keys[1:]))
        i, j = gap.a2, gap.b2
    pairs.extend(map(Paired, a[i:], b[j:]))
    return pairs


def _with_moved(pairs: Sequence[Paired], key: Key) -> list[Paired]:
    """Join one-sided pairs with the same key: interactions that moved."""
    waiting: dict[Hashable, list[Interaction]] = {}
    for one in pairs:
        if one.a is None and one.b is not None:
            waiting.setdefault(key(one.b), []).append(one.b)
    taken: set[int] = set()
    out: list[Paired] = []
    for one in pairs:
        twins = waiting.get(key(one.a)) if one.a is not None and one.b is None else None
        if twins:
            twin = twins.pop(0)
            taken.add(id(twin))
            out.append(Paired(one.a, twin, moved=True))
        else:
            out.append(one)
    return [one for one in out if one.a is not None or id(one.b) not in taken]


def _n_changed(pairs: Sequence[Paired], answer: Key) -> int:
    """The number of pairs that would be reported: unpaired, moved, or with different answers."""
    return sum(
        one.a is None or one.b is None or one.moved or answer(one.a) != answer(one.b)
        for one in pairs
    )
