"""Which interaction answers a request: the next matching one that was not played yet.

Equal requests are answered in the order in which they were recorded. `matching` says which are
equal.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from streamtape.session.difference import Difference
from streamtape.session.matching import Matcher
from streamtape.session.nearest import NearestRequest
from streamtape.session.options import Options
from streamtape.session.order import Order
from streamtape.session.replay_steps import import_parts
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Interaction, Redaction, Request


class Playlist:
    """A cassette being played: which interactions were played, and which one is next for a request.

    Of several cassettes in one, `sizes` says how many interactions each has.
    """

    def __init__(
        self,
        interactions: Sequence[Interaction],
        options: Options,
        sizes: Sequence[int] | None = None,
    ) -> None:
        import_parts(interactions, options)
        self.matcher = Matcher(options)
        self.order = Order(interactions, [len(interactions)] if sizes is None else sizes)
        self._repeats = options.allow_playback_repeats
        self._strict = options.strict_order
        self.interactions = tuple(interactions)
        self.numbers = list(range(len(self.interactions)))  # their places in the cassette
        self._requests = [self.matcher.filtered(i.request) for i in self.interactions]
        self.plays = [0] * len(self.interactions)
        self._spent = [False] * len(self.interactions)
        self._faults = options.faults
        self._by_key: dict[tuple[Hashable, ...], list[int]] = {}
        self._nearest = NearestRequest(self.matcher)
        with collector_paused():
            for index, request in enumerate(self._requests):
                self._index(index, request)

    def _index(self, index: int, request: Request) -> None:
        key = self.matcher.key(request)
        self._by_key.setdefault(key, []).append(index)
        self._nearest.add(request, key)

    def candidates(self, requested: Request) -> list[int]:
        """The indices of all interactions that match, played or not."""
        requested = self.matcher.filtered(requested)
        key = self.matcher.key(requested)
        indices = self._by_key.get(key, [])
        found = [i for i in indices if self.matcher.equal(self._requests[i], requested)]
        if found:
            return found
        # Another secret than the recorded one: what was masked matches any of that kind.
        tried = self._nearest.may_equal(requested, key)
        return [i for i in tried if self.matcher.is_equal_but_masks(self._requests[i], requested)]

    def same_address(self, requested: Request) -> list[int]:
        """The indices of all interactions whose URL matches; those played last come first."""
        address = self.matcher.address(self.matcher.filtered(requested))
        found = [
            index
            for index, request in enumerate(self._requests)
            if self.matcher.address(request) == address
        ]
        return sorted(found, key=lambda index: (not self.plays[index], -index))

    def resume(self, index: int) -> None:
        """Count a play that takes an interaction up again."""
        self.plays[index] += 1

    @property
    def expected(self) -> int | None:
        """The only interaction that may be requested now, where the order is strict."""
        if not self._strict:
            return None
        return next((i for i, spent in enumerate(self._spent) if not spent), None)

    def take(self, requested: Request, redactions: Iterable[Redaction] = ()) -> Interaction | None:
        """The interaction that answers, marked as played; None where none does."""
        drawn = self.draw(requested, redactions)
        return None if drawn is None else self.interactions[drawn[0]]

    def draw(
        self, requested: Request, redactions: Iterable[Redaction] = ()
    ) -> tuple[int, int] | None:
        """The index of the interaction that answers, and how often it did before.

        Among equal ones those come first whose masked secrets have the same digests: requests that
        differ only in a key are kept apart, and a replay with another key still finds its answer.
        An answer that a fault will break leaves the interaction for the client's next try.
        """
        index = self._next(requested, redactions) if self.interactions else None
        if index is None:
            return None
        self.matcher.learn(self._requests[index], self.matcher.filtered(requested))
        return index, self._play(index)

    def _play(self, index: int) -> int:
        """Count a play; get how many there were before."""
        attempt, number = self.plays[index], self.numbers[index]
        self.plays[index] += 1
        self.order.came(index)
        self._spent[index] = not any(f.breaks and f.strikes(attempt, number) for f in self._faults)
        return attempt

    def equal_to(self, index: int) -> list[int]:
        """The other interactions of an equal request; none where the order is strict."""
        if self._strict:
            return []
        return [i for i in self.candidates(self._requests[index]) if i != index]

    def exchange_plays(self, played: int, other: int) -> bool:
        """Count a play for another interaction instead; False where that was played already."""
        if self._spent[other]:
            return False
        self.plays[played] -= 1
        self.plays[other] += 1
        self._spent[played], self._spent[other] = False, self._spent[played]
        self.order.came(other)
        return True

    def add_played(self, interaction: Interaction, number: int) -> None:
        """Add an interaction that is being played for the first time; its place is `number`."""
        index = len(self.interactions)
        self.interactions += (interaction,)
        self.numbers.append(number)
        self.plays.append(0)
        self._spent.append(False)
        self._requests.append(request := self.matcher.filtered(interaction.request))
        self._index(index, request)
        self._play(index)

    def has_answer(self, requested: Request) -> bool:
        """Whether `draw` would give an interaction."""
        return self._next(requested) is not None

    def _next(self, requested: Request, redactions: Iterable[Redaction] = ()) -> int | None:
        indices = self.candidates(requested)
        masked = _digests(redactions)
        if masked and len(indices) > 1:
            indices.sort(key=lambda i: _digests(self.interactions[i].redactions) != masked)
        expected = self.expected
        if expected is not None:
            indices = [i for i in indices if i <= expected]
        index = next((i for i in indices if not self._spent[i]), None)
        return indices[-1] if index is None and indices and self._repeats else index

    def nearest(self, requested: Request) -> tuple[int, list[Difference]] | None:
        """The interaction that differs least, and where; None for an empty cassette."""
        if not self.interactions:
            return None
        requested = self.matcher.filtered(requested)
        index = self._nearest.find(self.plays, requested)
        return index, self.matcher.differences(self._requests[index], requested)


def _digests(redactions: Iterable[Redaction]) -> frozenset[tuple[str, str]]:
    return frozenset((r.where, r.digest) for r in redactions if r.where.startswith("request."))
