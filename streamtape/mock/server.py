"""A local mock provider: every dialect on one port, without a key, answering by rules.

    rules = [Rule(contains="weather", reply=[Call("get_weather", {"city": "Oslo"})], then="12 °C")]
    with streamtape.MockServer(rules) as server:
        client = OpenAI(base_url=server.base_url, api_key="any")

Requests are understood and a rule is chosen (`responder`), its parts are composed and played as a
replay is, so that all paces, cuts and faults of replays work here. Without rules it answers by
itself: it calls the request's first tool once, fits its JSON schema, or says a sample text.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streamtape.composer.tokens import n_tokens
from streamtape.errors import UsageError
from streamtape.mock import plain_routes
from streamtape.mock.answers import Answer, NoRuleError, Usual
from streamtape.mock.control import control, is_control
from streamtape.mock.history import History
from streamtape.mock.loading import default_options, headers_of, load_rules, parsed_body
from streamtape.mock.metrics import CONTENT_TYPE, Metrics
from streamtape.mock.request import endpoint_of, wants_stream
from streamtape.mock.responder import PreviousResponseError, Responder
from streamtape.mock.routes import conversation_at
from streamtape.mock.rules import Rule
from streamtape.mock.spaces import MAX_REQUEST_BYTES, MAX_REQUESTS, Seen, Space, Spaces
from streamtape.mock.views import MockTest
from streamtape.playback.build import build_steps
from streamtape.playback.faults import Fault, Faults, parse_faults
from streamtape.playback.pace import Pace, parse_pace
from streamtape.playback.rechunk import Rechunk, parse_rechunk
from streamtape.server.exchange import Exchange, Limits
from streamtape.server.player import play
from streamtape.server.providers import child_env
from streamtape.server.service import JSON, Service
from streamtape.server.websocket.endpoint import accept
from streamtape.server.websocket.handshake import is_websocket
from streamtape.session.exchange import Progress
from streamtape.tape.model import Chunks, Interaction

if TYPE_CHECKING:
    from streamtape.mock.recording import FallThrough

_AT_ONCE = Pace(speed=None)


class MockServer(Service):
    """Serves made-up answers in every dialect while its `with` block runs.

    `rules` are rules in the order in which they are tried, the path of a file of them, a text for
    every request, or a function of the request. Without rules it answers by itself; with rules,
    what none of them answers is a miss (404, which names the nearest), unless `fallback` is True.
    `pace`, `fault`, `rechunk` and `seed` are those of replays, and a rule's own come first; the
    answers come at once by default. `record_missing` is the URL of a provider, or URLs by path, to
    which misses are forwarded; the responses are recorded in `cassette`, and replayed from then on.
    `metrics` serves counts for Prometheus at /metrics. `options` are the defaults of every
    request's own (`streamtape.mock.options`). `cors`, `allowed_hosts` and `limits` are those of a
    replay server. UsageError for an invalid rule, ServerError for a port in use.
    """

    def __init__(
        self,
        rules: Any = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pace: str | Pace | None = None,
        fault: Faults = (),
        rechunk: str | Rechunk | None = None,
        seed: int = 0,
        fallback: bool | None = None,
        record_missing: str | Mapping[str, str] | None = None,
        cassette: str | os.PathLike[str] | None = None,
        metrics: bool = False,
        cors: str | Sequence[str] = (),
        allowed_hosts: Sequence[str] = (),
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        found = load_rules(rules)
        parse_rechunk(rechunk)
        if (record_missing is None) != (cassette is None):
            raise UsageError("record_missing and cassette go together: give both")
        falls_back = (not found and record_missing is None) if fallback is None else fallback
        chosen = _AT_ONCE if pace is None else parse_pace(pace)
        usual = Usual(chosen, seed, parse_faults(fault), rechunk, falls_back)
        self._responder = Responder(found, usual, default_options(options))
        self._changed = threading.Condition()
        self._metrics = Metrics()
        self._shows_metrics = metrics
        self.requests: History[Seen] = History(MAX_REQUESTS, MAX_REQUEST_BYTES)
        self.messages: History[bytes] = History(MAX_REQUESTS, MAX_REQUEST_BYTES)
        self.finished = 0
        self.disconnects = 0
        super().__init__(
            host=host, port=port, cors=cors, allowed_hosts=allowed_hosts, limits=limits
        )
        self._beyond: FallThrough | None = None
        if record_missing is not None and cassette is not None:
            from streamtape.mock.recording import (
                FallThrough,  # a second of imports, on slow machines
            )

            self._beyond = FallThrough(cassette, record_missing)

    @property
    def base_url(self) -> str:
        """The base URL for OpenAI's clients; `url` is the one for others."""
        return f"{self.url}/v1"

    @property
    def rules(self) -> list[Rule]:
        """The rules, in the order in which they are tried."""
        return self._responder.rules

    @property
    def spaces(self) -> Spaces:
        """The state of each test."""
        return self._responder.spaces

    @property
    def misses(self) -> tuple[str, ...]:
        """The messages of misses, over all tests."""
        return tuple(text for space in self.spaces for text in space.misses)

    @property
    def n_recorded(self) -> int:
        """The number of recorded answers of the real provider."""
        return 0 if self._beyond is None else self._beyond.n_recorded

    def test(self, name: str) -> MockTest:
        """The part of the server for a test of this name, with its own URL, rules and requests."""
        return MockTest(self.url, name, self._responder)

    def child_env(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The variables that point the SDKs of a child process here; keys where it has none."""
        return child_env(self.url, environ=environ, replays=True)

    def stop(self) -> None:
        """Close every connection, and write what was recorded; may be called twice."""
        super().stop()
        if self._beyond is not None:
            self._beyond.close()

    def wait_for(
        self,
        *,
        finished: int = 0,
        disconnects: int = 0,
        idle: bool = False,
        timeout_s: float = 5.0,
    ) -> bool:
        """Wait until this many answers were sent whole or abandoned; False on timeout.

        `idle` waits until no request is being answered.
        """

        def enough() -> bool:
            done = self.finished >= finished and self.disconnects >= disconnects
            return done and not (idle and self._metrics.active)

        with self._changed:
            return self._changed.wait_for(enough, timeout_s)

    # What conversations over WebSockets need, too.

    @property
    def responder(self) -> Responder:
        """What chooses answers."""
        return self._responder

    def note_message(self, data: bytes) -> None:
        """Take down a message of a WebSocket."""
        self.messages.add(data, len(data))

    def count_finished(self) -> None:
        """Count an answer on a WebSocket that was sent whole."""
        with self._changed:
            self.finished += 1
            self._changed.notify_all()

    async def on_startup(self) -> None:
        """Get ready, in the server's loop."""
        if self._beyond is not None:
            await self._beyond.on_startup()

    def before_shutdown(self) -> None:
        """Record no further."""
        if self._beyond is not None:
            self._beyond.before_shutdown()

    async def on_shutdown(self) -> None:
        """Let go of what belongs to the server's loop."""
        if self._beyond is not None:
            await self._beyond.on_shutdown()

    async def answer(self, exchange: Exchange) -> None:
        """Answer one request, and count how that ended."""
        ended = ""
        self._metrics.active += 1
        try:
            ended = await self._answer(exchange)
        except asyncio.CancelledError:
            ended = "disconnects" if exchange.closed else ""
            raise
        except PreviousResponseError as error:
            await self.refuse(exchange, 400, str(error), "previous_response_not_found")
            ended = "finished"
        except UsageError as error:
            await self.refuse(exchange, 400, str(error), "invalid_request_error")
            ended = "finished"
        finally:
            self._metrics.disconnects += ended == "disconnects"
            with self._changed:
                self._metrics.active -= 1
                if ended:
                    setattr(self, ended, getattr(self, ended) + 1)
                self._changed.notify_all()

    async def _answer(self, exchange: Exchange) -> str:
        """Answer a request; what it counts as: finished, disconnects or nothing."""
        head = exchange.request
        space, target = self.spaces.of(head)
        path = target.partition("?")[0]
        if is_control(path):
            await control(exchange, self, space, path)
            return ""
        if path == "/metrics" and self._shows_metrics:
            headers = [(b"Content-Type", CONTENT_TYPE)]
            await exchange.respond(200, headers, self._metrics.text())
            return ""
        if is_websocket(head):
            return "disconnects" if await self._converse(exchange, space, path) else ""
        body = await exchange.body()
        seen = Seen(head, body)
        self.spaces.add(space, seen)
        self.requests.add(seen, seen.n_bytes)
        try:
            await self._route(exchange, space, target, seen)
        except NoRuleError as error:
            if self._beyond is None:
                self._metrics.misses += 1
                seen.status = 404
                await self.refuse(exchange, 404, str(error), "no_rule")
            else:
                space.misses.remove_newest()
                await self._beyond.answer(exchange, target, body)
        return "finished" if exchange.finished else ""

    async def _route(self, exchange: Exchange, space: Space, target: str, seen: Seen) -> None:
        path, _, query = target.partition("?")
        path = path.rstrip("/") or "/"
        head = exchange.request
        names = " ".join(name.decode("latin-1").lower() for name, _ in head.headers)
        plain = plain_routes.plain_answer(head.method, path, seen.body, names)
        if plain is not None:
            await self._say_json(exchange, 200, plain)
        elif (response_id := plain_routes.response_id_in(path)) and head.method != "POST":
            await self._kept_response(exchange, space, response_id, query)
        elif path == "/events" and head.method == "GET":
            await self._say_to_event_source(exchange, space, query)
        elif head.method == "POST" and (endpoint := endpoint_of(path)) is not None:
            dialect, streams, model = endpoint
            body = parsed_body(seen.body)
            request, options = self._responder.understand(
                dialect, body, query=query, model=model, stream=wants_stream(streams, body),
                headers=headers_of(exchange), path=path, space=space,
            )  # fmt: skip
            seen.request = request
            if options.hold is not None or options.close:
                raise UsageError("hold and close are options of WebSockets, not of HTTP requests")
            answer = self._responder.answer(request, options, space)
            seen.rule = answer.rule
            if dialect in ("openai-responses", "anthropic"):
                self._responder.keep(request, answer, space)
            seen.status = await self._say(exchange, answer)
        elif self._beyond is not None:
            await self._beyond.answer(exchange, target, seen.body)
        else:
            await self.refuse(exchange, 404, f"nothing at {head.method} {path}", "not_found_error")

    async def _say(
        self, exchange: Exchange, answer: Answer, given: Interaction | None = None
    ) -> int | None:
        """Play an answer; its status."""
        target = f"{self.url}{exchange.request.target}"
        interaction = given
        if interaction is None:
            # A long answer takes a while to compose: others are served meanwhile.
            interaction = (
                await asyncio.to_thread(answer.interaction, target)
                if answer.is_long
                else answer.interaction(target)
            )
        faults = answer.faults
        steps = build_steps(
            interaction,
            speed=None if answer.pace.speed is None else 1.0,
            rechunk=answer.rechunk,
            faults=tuple(faults),
            seed=answer.seed,
            attempt=answer.attempt,
            on_fault=self._struck,
        )
        status = interaction.head.status if interaction.head else None
        dialect = answer.voice.dialect
        progress = Progress()
        length = None if answer.stream or faults else interaction.chunks.n_bytes
        self._metrics.requests[dialect, answer.stream, status or 0] += 1
        if self._shows_metrics:
            self._metrics.tokens[dialect] += n_tokens(answer.text)
        try:
            await play(
                exchange, steps, length=length, more_headers=self.cors_of(exchange),
                progress=progress,
            )  # fmt: skip
        finally:
            self._metrics.chunks += progress.n_chunks
            self._metrics.note_duration(exchange.elapsed_us / 1e6)
        return status

    def _struck(self, fault: Fault) -> None:
        self._metrics.faults[fault.kind] += 1

    async def _say_json(self, exchange: Exchange, status: int, value: Any) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        await exchange.respond(status, [JSON, *self.cors_of(exchange)], body)

    async def _kept_response(
        self, exchange: Exchange, space: Space, response_id: str, query: str
    ) -> None:
        """Give a response again, go on with its stream after an event, or forget it."""
        kept = space.responses.get(response_id)
        if kept is None:
            message = f"Response with id {response_id!r} not found."
            await self.refuse(exchange, 404, message, "not_found_error")
            return
        if exchange.request.method == "DELETE":
            await self._say_json(exchange, 200, plain_routes.deleted(space, response_id))
            return
        parameters = dict(part.partition("=")[::2] for part in query.split("&"))
        calm = replace(kept.answer.options, cut=None, reset=None, stall=None)
        stream = parameters.get("stream") == "true"
        answer = replace(kept.answer, options=calm, faults=(), stream=stream)
        interaction = answer.interaction(f"{self.url}{exchange.request.target}")
        if stream:
            after = parameters.get("starting_after", "-1")
            number = int(after) if after.lstrip("-").isdecimal() else -1
            rest = Chunks.of(interaction.chunks[number + 1 :])
            interaction = replace(interaction, chunks=rest)
        await self._say(exchange, answer, interaction)

    async def _say_to_event_source(self, exchange: Exchange, space: Space, query: str) -> None:
        """Say an answer to a browser's EventSource, from the event after the last that it saw."""
        last = exchange.request.header("last-event-id") or "-1"
        number = int(last) if last.isdecimal() else -1
        request, options = self._responder.understand(
            "openai-responses", {}, query=query, model="gpt-4.1", space=space
        )
        if options.seed is None:
            options = replace(options, seed=self._responder.usual.seed)
        if number >= 0:
            options = replace(options, cut=None, reset=None)
        answer = self._responder.answer(request, options, space)
        chunks = Chunks.of(plain_routes.event_source(answer, number))
        if not len(chunks):
            # An EventSource reconnects for ever; this status tells it that there is no more.
            await exchange.respond(204, self.cors_of(exchange), b"")
            return
        whole = answer.interaction(f"{self.url}{exchange.request.target}")
        await self._say(exchange, answer, replace(whole, chunks=chunks))

    async def _converse(self, exchange: Exchange, space: Space, path: str) -> bool:
        """Talk over a WebSocket to its end; True where its client left without closing it."""
        head = exchange.request
        seen = Seen(head, b"")
        self.requests.add(seen, seen.n_bytes)
        query = head.query
        _, options = self._responder.understand("", {}, query=query, space=space)
        if options.status != 200:
            message = f"the handshake was to be refused with {options.status}"
            await self.refuse(exchange, options.status, message, "server_error")
            return False
        conversation = conversation_at(path.rstrip("/"))
        if conversation is None:
            await self.refuse(exchange, 404, f"no WebSocket at {path}", "not_found_error")
            return False
        socket = await accept(exchange, lambda offered: next(iter(offered), None))
        if socket is not None:
            async with socket:
                await conversation(socket, self, space, query).run()
        return socket is not None and socket.was_left
