"""What a test can ask its session: the streams, their events, and how they were read.

It is the same while recording and while replaying. Events are read by whoever the values were given
their readers by; no provider is known here. Assertions raise AssertionError with what was seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from streamtape.errors import UsageError
from streamtape.session.exchange import Exchange, as_seen
from streamtape.tape.model import Interaction, Request

if TYPE_CHECKING:
    from streamtape.tape.event_types import SessionEvents
    from streamtape.tape.events import Event, Transcript

T = TypeVar("T")


class SessionInspection:
    """The part of a Session that tests look at."""

    name: str
    exchanges: list[Exchange]
    _marks: list[tuple[int, ...]]

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The interactions that no request was answered with."""
        raise NotImplementedError

    def recorded(self) -> tuple[Interaction, ...]:
        """The interactions recorded so far, by number."""
        raise NotImplementedError

    def passing(self) -> tuple[Interaction, ...]:
        """What was sent in a replay and is not kept, by number."""
        raise NotImplementedError

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests that were answered, in their order, without their secrets."""
        uploaded = any(exchange.uploaded for exchange in self.exchanges)
        whole = {e.number: i.request for e, i in self.answers() if e.uploaded} if uploaded else {}
        return tuple(
            whole.get(e.number, e.request) if e.uploaded else e.request for e in self.exchanges
        )

    @property
    def played(self) -> tuple[Interaction, ...]:
        """What answered the requests, in their order: replayed, or recorded just now."""
        return tuple(interaction for _, interaction in self.answers())

    @property
    def seen(self) -> tuple[Interaction, ...]:
        """What the clients saw, in the order of requests: cut where one stopped reading."""
        return tuple(
            as_seen(interaction, exchange.progress) if exchange.interaction else interaction
            for exchange, interaction in self.answers()
        )

    def answers(self) -> Iterator[tuple[Exchange, Interaction]]:
        """Each request that was answered, with what answered it."""
        sent = [e for e in self.exchanges if e.number is not None]
        recorded = self.recorded() if any(e.kept for e in sent) else ()
        passing = () if all(e.kept for e in sent) else self.passing()
        for exchange in self.exchanges:
            there = recorded if exchange.kept else passing
            if exchange.interaction is not None:
                yield exchange, exchange.interaction
            elif exchange.number is not None and exchange.number < len(there):
                yield exchange, there[exchange.number]

    if TYPE_CHECKING:

        @property
        def events(self) -> SessionEvents:
            """The events of all streams that answered, or only those of the given types."""
    else:

        def events(self, *types: str, dialect: str | None = None) -> tuple[Event, ...]:
            """The events of all streams that answered, or only those of the given types."""
            return tuple(e for i in self.played for e in i.events(*types, dialect=dialect))

    def transcript(self, index: int = -1, *, dialect: str | None = None) -> Transcript:
        """The transcript of the last stream, or of the one at `index`."""
        played = self.played
        if not -len(played) <= index < len(played):
            raise UsageError(f"there is no stream {index}: {len(played)} were requested so far")
        return played[index].transcript(dialect=dialect)

    def assert_all_played(self) -> None:
        """Every interaction of the cassette has answered a request."""
        __tracebackhide__ = True
        left = self.unplayed
        if left:
            parts = "\n".join(f"  {i.request.method} {i.request.url}" for i in left)
            were = "interaction" if len(left) == 1 else "interactions"
            verb = "was" if len(left) == 1 else "were"
            raise AssertionError(f"{len(left)} {were} of {self.name} {verb} not played:\n{parts}")

    def assert_closed_after(self, n_events: int, index: int = -1) -> None:
        """The client stopped after `n_events` events, and the upstream was closed there.

        What comes in the same chunk as the last of these events is no fault of the client.
        """
        __tracebackhide__ = True
        exchange, interaction = self._answer(index)
        progress = exchange.progress
        if progress.state != "closed":
            ends = {
                "open": "is still open: the client stopped reading, if it did, without closing it",
                "complete": "was read to its end",
                "failed": f"ended with {interaction.ending.exception or 'an error'}",
            }
            raise AssertionError(
                f"the stream of {_line(interaction)} {ends[progress.state]} "
                f"(after {_progress_text(interaction, progress.n_chunks)}); it should have "
                f"been closed by the client after {n_events} events"
            )
        counts = _events_by_chunk(interaction)
        expected = next((k for k, n in enumerate(counts) if n >= n_events), None)
        if progress.n_chunks != expected:
            raise AssertionError(
                f"the stream of {_line(interaction)} was closed after "
                f"{_progress_text(interaction, progress.n_chunks)}, not after {n_events} events"
                + ("" if expected is None else f" ({expected} chunks)")
            )

    def _answer(self, index: int) -> tuple[Exchange, Interaction]:
        answers = list(self.answers())
        if not -len(answers) <= index < len(answers):
            raise UsageError(f"there is no stream {index}: {len(answers)} were requested so far")
        return answers[index]

    def watch(self, outputs: Iterable[T]) -> Iterator[T]:
        """Hand on what a program puts out, noting how far it had read its streams at each item.

        Around the program's own output: `for piece in tape.watch(program()): ...`; then
        `tape.assert_max_buffered(n)`.
        """
        for output in outputs:
            self._mark()
            yield output

    async def watch_async(self, outputs: AsyncIterable[T]) -> AsyncIterator[T]:
        """Watch an asynchronous program's output: `async for piece in tape.watch_async(...)`."""
        async for output in outputs:
            self._mark()
            yield output

    def _mark(self) -> None:
        self._marks.append(tuple(e.progress.n_chunks for e in self.exchanges))

    def assert_max_buffered(self, n_events: int) -> None:
        """Between two outputs (see `watch`), the program read at most `n_events` events."""
        __tracebackhide__ = True
        if not self._marks:
            raise UsageError(
                "nothing was watched: pass the program's output through tape.watch(...), which "
                "notes how far its streams were read at each item"
            )
        ends = [_events_by_chunk(interaction) for _, interaction in self.answers()]
        before = 0
        for number, mark in enumerate(self._marks):
            read = sum(end[min(n, len(end) - 1)] for n, end in zip(mark, ends, strict=False) if end)
            if read - before > n_events:
                raise AssertionError(
                    f"the program read {read - before} events before its output item {number}; at "
                    f"most {n_events} were allowed: it buffers"
                )
            before = read


def _events_by_chunk(interaction: Interaction) -> list[int]:
    """How many events are whole after the first n chunks, for each n."""
    rows = interaction.messages if interaction.is_dialogue else interaction.chunks
    counts = [0] * (len(rows) + 1)
    for event in interaction.events():
        if event.frame is not None and event.frame.complete:
            counts[min(event.frame.chunk + 1, len(counts) - 1)] += 1
    total = 0
    for index, count in enumerate(counts):
        total += count
        counts[index] = total
    return counts


def _progress_text(interaction: Interaction, n_chunks: int) -> str:
    counts = _events_by_chunk(interaction)
    n_events = counts[min(n_chunks, len(counts) - 1)]
    events = "1 event" if n_events == 1 else f"{n_events} events"
    return f"{events} ({n_chunks} chunk{'' if n_chunks == 1 else 's'})"


def _line(interaction: Interaction) -> str:
    return f"{interaction.request.method} {interaction.request.url}"
