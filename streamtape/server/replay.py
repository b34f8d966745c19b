"""The replay server: cassettes served over HTTP, for clients in any language.

    with streamtape.serve("run.tape") as server:
        subprocess.run(["node", "app.js"], env={"OPENAI_BASE_URL": f"{server.url}/v1"})

It matches requests as a session does, except for the host; plays streams, and dialogues over
WebSocket; resumes streams; and shows at `/` what was played, missed and left.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from streamtape.playback.faults import Fault, Faults
from streamtape.playback.pace import Pace
from streamtape.playback.pacing import paced
from streamtape.playback.rechunk import Rechunk
from streamtape.playback.steps import Step
from streamtape.server import starting_after, status
from streamtape.server.cassette_index import CassetteIndex, Miss, gather
from streamtape.server.dashboard import PREFIX
from streamtape.server.exchange import Exchange, Limits
from streamtape.server.player import kept_length, play
from streamtape.server.providers import child_env
from streamtape.server.request_bodies import spooled_body
from streamtape.server.service import Service
from streamtape.server.websocket.player import play_dialogue
from streamtape.session.exchange import Progress
from streamtape.session.options import Options, RequestMatcher
from streamtape.session.replay_steps import steps_for
from streamtape.tape.model import Cassette, Interaction

Score = Callable[[Interaction], Iterable[Step]]


class ReplayServer(Service):
    """Serves cassettes and folders of cassettes over HTTP, while its `with` block runs.

    `speed` 1.0 is the recorded pace, None at once; `idle_limit` caps gaps, in seconds. `repeat`
    lets an interaction answer again. `match_on` and `ignore_json_paths` are those of a session.
    `pace`, `rechunk`, `fault` and `seed` are those of a session, too; an interaction whose play a
    fault breaks can be played again; `on_fault` is called with each fault as it strikes, in the
    server's thread. `score`, a function, makes the steps instead. `cors` names origins whose pages
    may read answers ("*" for any), `allowed_hosts` the names by which the server may be called
    besides localhost and addresses. Errors of the files, a port in use (ServerError) and unknown
    options are raised before anything is served.
    """

    def __init__(
        self,
        *cassettes: str | os.PathLike[str] | Cassette,
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float | None = None,
        idle_limit: float | None = None,
        repeat: bool = False,
        match_on: Sequence[str | RequestMatcher] = ("method", "url", "body"),
        ignore_json_paths: Sequence[str] = (),
        score: Score | None = None,
        pace: str | Pace | None = None,
        rechunk: str | Rechunk | None = None,
        fault: Faults = (),
        seed: int = 0,
        on_fault: Callable[[Fault], None] | None = None,
        cors: str | Sequence[str] = (),
        allowed_hosts: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        self._options = Options.of(
            mode="none",
            speed=speed,
            idle_limit=idle_limit,
            allow_playback_repeats=repeat,
            match_on=tuple(match_on),
            ignore_json_paths=tuple(ignore_json_paths),
            pace=pace,
            rechunk=rechunk,
            fault=fault,
            seed=seed,
        )
        self._score = score
        self._on_fault = on_fault
        self._cassettes = CassetteIndex(gather(cassettes), self._options)
        self._open: list[tuple[Interaction, Progress]] = []
        super().__init__(
            host=host, port=port, cors=cors, allowed_hosts=allowed_hosts, limits=limits
        )

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """All interactions served, in order."""
        return self._cassettes.tape.interactions

    @property
    def played(self) -> tuple[Interaction, ...]:
        """The interactions that answered a request."""
        return tuple(i for i, n in self._counted() if n)

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The interactions that answered no request."""
        return tuple(i for i, n in self._counted() if not n)

    @property
    def plays(self) -> tuple[int, ...]:
        """How often each interaction has answered a request."""
        return tuple(self._cassettes.tape.plays)

    @property
    def playing(self) -> tuple[tuple[int, float], ...]:
        """What is being played now: the number of each interaction, and the share sent so far.

        Shares are from 0 to 1, of the body's bytes or a dialogue's messages.
        """
        index_of = self._cassettes.index_of
        return tuple(
            (index, _share(one, progress))
            for one, progress in (*self._open,)
            if (index := index_of(one)) is not None  # what is taken up again is another one
        )

    @property
    def misses(self) -> tuple[Miss, ...]:
        """The latest misses: the request `line`, and why nothing answered it, as `text`."""
        return tuple(self._cassettes.misses)

    def child_env(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Environment variables that point a child's SDKs here, with keys where it has none."""
        return child_env(self.url, environ=environ, replays=True)

    def _counted(self) -> Iterable[tuple[Interaction, int]]:
        return zip(self._cassettes.tape.interactions, self._cassettes.tape.plays, strict=True)

    async def answer(self, exchange: Exchange) -> None:
        """Play the interaction that answers; else resume, show the status, or report a miss."""
        request = exchange.request
        cassettes = self._cassettes
        requests = cassettes.requests_for(request, await spooled_body(exchange))
        interaction = (
            cassettes.resume(requests)
            or cassettes.take(requests)
            or starting_after.after_number(cassettes, request)
        )
        if isinstance(interaction, Interaction):
            await self._play(exchange, interaction)
        elif self.dashboard is not None and request.path == "/" and request.method == "GET":
            await exchange.respond(302, [(b"Location", PREFIX.encode())], b"")
        elif request.path == "/" and request.method in ("GET", "HEAD"):
            kind, page = status.page(cassettes, self.url, accept=request.header("accept") or "")
            headers = [(b"Content-Type", kind), *status.HEADERS]
            await exchange.respond(200, headers, page)
        else:
            # Of many interactions, the nearest takes a while to find; other clients are played to.
            miss = await asyncio.to_thread(cassettes.miss, requests)
            await self.refuse(exchange, 404, miss.text, "no_recorded_interaction")

    async def forward(self, exchange: Exchange) -> None:
        """Answer what went past the base URLs, if it is recorded; a tunnel can't be looked into."""
        request = exchange.request
        if request.method != "CONNECT":
            await self.answer(exchange)
            return
        miss = self._cassettes.block(request.target)
        await self.refuse(exchange, 403, miss.text, "no_network")

    async def _play(self, exchange: Exchange, interaction: Interaction) -> None:
        opened = interaction, Progress()
        self._open.append(opened)
        try:
            await self._play_open(exchange, *opened)
        finally:
            self._open[:] = [one for one in self._open if one is not opened]

    async def _play_open(
        self, exchange: Exchange, interaction: Interaction, progress: Progress
    ) -> None:
        length = None
        if self._score is None:
            length = kept_length(interaction, exchange.request.method, self._options)
        score = self._scored(interaction)
        if interaction.is_dialogue:
            await self._play_dialogue(exchange, interaction, score, progress)
            return
        await play(
            exchange,
            score,
            length=length,
            more_headers=self.cors_of(exchange),
            progress=progress,
            order=self._cassettes.tape.order,
        )

    async def _play_dialogue(
        self,
        exchange: Exchange,
        interaction: Interaction,
        score: Iterator[Step],
        progress: Progress,
    ) -> None:
        cassettes = self._cassettes
        await play_dialogue(
            exchange,
            cassettes.dialogue(interaction, score, self._scored, progress),
            order=cassettes.tape.order,
            more_headers=self.cors_of(exchange),
            on_miss=lambda error: cassettes.miss_in_dialogue(interaction, str(error)),
        )

    def _scored(self, interaction: Interaction) -> Iterator[Step]:
        options, tape = self._options, self._cassettes.tape
        if self._score is not None:
            score = iter(self._score(interaction))
            return paced(score, factor=options.speed, idle_limit_s=options.idle_limit)
        number = self._cassettes.index_of(interaction)
        if number is None:  # taken up again: faults are for the stream that broke
            options = replace(options, fault=())
        return steps_for(
            interaction,
            options,
            attempt=0 if number is None else tape.plays[number] - 1,
            number=number,
            on_fault=self._on_fault,
            others=() if number is None else tape.order.others(number),
        )


def _share(interaction: Interaction, progress: Progress) -> float:
    done, whole = progress.n_bytes, interaction.chunks.n_bytes
    if interaction.is_dialogue:
        done, whole = progress.n_chunks, len(interaction.messages)
    return min(done / whole, 1.0) if whole else 0.0


serve = ReplayServer
