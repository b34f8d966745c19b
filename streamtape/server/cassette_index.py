"""The cassettes of a replay server: which interaction answers a request.

Scheme, host and port are not compared, and a path is spelled as recorded ones are (`Origins`). The
rest is matched as a session matches it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from streamtape.errors import CassetteNotFoundError
from streamtape.playback.steps import Step
from streamtape.printable import printable_line
from streamtape.server.exchange import RequestHead
from streamtape.server.url_candidates import Origins
from streamtape.session.dialogue_player import DialoguePlayer
from streamtape.session.exchange import Progress
from streamtape.session.last_event_id import rest_after_event
from streamtape.session.miss import miss_text
from streamtape.session.openings import Openings
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.stores.locations import location_of
from streamtape.stores.recordings import recordings
from streamtape.tape.http_values import split_url
from streamtape.tape.messages import Message
from streamtape.tape.model import Cassette, Interaction, Request, StoredBody
from streamtape.tape.redact import Redactor
from streamtape.tape.store.files import load_to_replay
from streamtape.tape.texts import masked_text

_HOST_PARTS = {"scheme", "host", "port"}
_KEPT_MISSES = 100
_AGAIN = "streamtape record -o run.tape -- COMMAND"


@dataclass(frozen=True, slots=True)
class Miss:
    """A request that nothing answered, and why."""

    line: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One interaction of the index, and its cassette."""

    cassette: str
    number: int
    interaction: Interaction


class CassetteIndex:
    """Interactions of any number of cassettes, in order, and what became of each."""

    def __init__(self, cassettes: Sequence[Cassette], options: Options) -> None:
        self.books = [
            Entry(cassette.path or "cassette in memory", number, interaction)
            for cassette in cassettes
            for number, interaction in enumerate(cassette)
        ]
        self.misses: deque[Miss] = deque(maxlen=_KEPT_MISSES)
        self.n_missed = 0
        self._lock = threading.Lock()  # misses are explained in threads
        names = [name for name in (c.path for c in cassettes) if name]
        self.name = names[0] if len(names) == 1 else f"{len(cassettes)} cassettes"
        self._redactor = Redactor()
        sizes = [len(cassette) for cassette in cassettes]
        self.tape = Playlist([b.interaction for b in self.books], without_host(options), sizes)
        # The first of an interaction that is there twice; the books keep each, so ids stay theirs.
        self._indices = {id(b.interaction): n for n, b in reversed([*enumerate(self.books)])}
        self._n_cassettes = len({book.cassette for book in self.books})
        self._openings = Openings(self.tape)
        self._origins = Origins(i.request for i in self.tape.interactions)

    def index_of(self, interaction: Interaction) -> int | None:
        """The place of an interaction among all; None of one that was made of another."""
        return self._indices.get(id(interaction))

    def requests_for(self, head: RequestHead, body: bytes | StoredBody) -> list[Request]:
        """The requests that a live one may stand for, the likeliest first."""
        spelled = self._origins.spellings(head, body)
        return [self._redactor.redact_for_matching(request) for request in spelled]

    def candidates(self, requests: Sequence[Request]) -> list[int]:
        """The indices of all interactions that match, played or not."""
        for request in requests:
            if found := self.tape.candidates(request):
                return found
        return []

    def take(self, requests: Sequence[Request]) -> Interaction | None:
        """The interaction that answers, marked as played; None where none is left."""
        return next((i for i in map(self.tape.take, requests) if i is not None), None)

    def resume(self, requests: Sequence[Request]) -> Interaction | None:
        """The rest of a stream after the event that the client saw last, if it names one."""
        found = rest_after_event(self.tape, requests)
        if found is None:
            return None
        self.tape.resume(found[0])
        return found[1]

    def miss(self, requests: Sequence[Request]) -> Miss:
        """Record a miss, and explain it. May be called in any thread."""
        with self._lock:
            return self._explained(requests[0])

    def _explained(self, request: Request) -> Miss:
        nearest = self.tape.nearest(request) if self._n_cassettes > 1 else None
        text = miss_text(
            request,
            self.tape,
            name=self.name,
            mode=None,
            again=_AGAIN,
            repeats="repeat (--repeat)",
            nearest=nearest,
        )
        if nearest is not None:
            text += self._which(nearest[0])
        target = split_url(request.url)
        line = f"{request.method} {target.path}{'?' if target.query else ''}{target.query}"
        return self._missed(printable_line(line), text)

    def miss_in_dialogue(self, interaction: Interaction, text: str) -> Miss:
        """Take down that the client of a dialogue did not say what was recorded."""
        path = split_url(interaction.request.url).path or "/"
        return self._missed(printable_line(f"WEBSOCKET {path}"), text)

    def dialogue(
        self,
        interaction: Interaction,
        steps: Iterator[Step],
        steps_of: Callable[[Interaction], Iterator[Step]],
        progress: Progress,
    ) -> DialoguePlayer:
        """What plays the server's side of a dialogue; `steps_of` gives the steps of another one.

        Of dialogues with equal handshakes a client has the one that it opens as. How far it has
        come is counted in `progress`.
        """
        interactions, connection = self.tape.interactions, object()
        drawn = self.index_of(interaction)
        if drawn is not None:
            self._openings.remember(connection, drawn)

        def choose(fits: Callable[[Message], bool]) -> tuple[Iterator[Step], str] | None:
            chosen = self._openings.choose(connection, fits) if drawn is not None else drawn
            if chosen is None or chosen == drawn:
                return None
            return steps_of(interactions[chosen]), self._place(interactions[chosen])

        return DialoguePlayer(
            steps,
            self.tape.matcher,
            self._redactor,
            progress,
            where=self._place(interaction),
            order=self.tape.order,
            choose=choose,
            has_equals=drawn is not None and bool(self.tape.equal_to(drawn)),
        )

    def _place(self, interaction: Interaction) -> str:
        index = self.index_of(interaction)
        where = ""
        if index is not None:
            book = self.books[index]
            where = f"interaction {book.number} of {book.cassette}: "
        return f"{where}{interaction.request.method} {interaction.request.url}"

    def block(self, target: str) -> Miss:
        """Take down that a tunnel to a place on the network was requested."""
        line = printable_line(f"CONNECT {target}")
        return self._missed(
            line,
            f"a client bypassed the base URLs and asked for {line.removeprefix('CONNECT ')}; a "
            "replay lets nothing through to the network. Point this client at the server: `--env "
            "NAME[=/PATH]` sets a further variable of the child",
        )

    def _missed(self, line: str, text: str) -> Miss:
        found = Miss(masked_text(line), masked_text(text))
        self.misses.append(found)
        self.n_missed += 1
        return found

    def _which(self, index: int) -> str:
        """Where an interaction lies, which the miss counts over all cassettes."""
        book = self.books[index]
        return f"\n  interaction {index} is number {book.number} of {book.cassette}"


def same_protocol(recorded: Request, requested: Request) -> bool:
    """Whether both requests are of HTTP, or both open a WebSocket: they may have one path."""
    return recorded.url.startswith("ws") == requested.url.startswith("ws")


def without_host(options: Options) -> Options:
    """The options, with nothing compared that names the recorded host."""
    names: list[object] = [same_protocol]
    for name in options.match_on:
        names += ["path", "query"] if name == "url" else [] if name in _HOST_PARTS else [name]
    return replace(options, match_on=tuple(dict.fromkeys(names)))  # type: ignore[arg-type]  # the names are those that were checked


def gather(cassettes: Sequence[str | os.PathLike[str] | Cassette]) -> list[Cassette]:
    """Load cassettes and folders of them (`*.tape`, at any depth, by name)."""
    found: list[Cassette] = []
    for one in cassettes:
        if isinstance(one, Cassette):
            found.append(one)
            continue
        paths = list(recordings(one))
        if not paths:
            shown = str(location_of(one))
            raise CassetteNotFoundError(f"no cassette (*.tape) in folder {shown}", path=shown)
        found += map(load_to_replay, paths)
    return found
