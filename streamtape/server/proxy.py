"""The recording proxy: it forwards the requests of any client, and records them.

    with RecordingProxy("run.tape", upstream="https://api.openai.com") as proxy:
        subprocess.run(["node", "app.js"], env={"OPENAI_BASE_URL": f"{proxy.url}/v1"})

Each chunk is forwarded as it arrives, in both directions no faster than the other side reads; a
client that disconnects closes the upstream, and an upstream that breaks off breaks off for the
client, too. WebSockets pass unchanged while their messages are recorded. A request is read whole
first only if the record mode may answer it from the cassette. The cassette is written when the
proxy stops.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Unpack

import httpx

from streamtape.errors import MissError, NothingRecordedError, UsageError
from streamtape.playback.steps import Step
from streamtape.printable import printable_line
from streamtape.server.event_loop import to_the_end
from streamtape.server.exchange import Exchange, Limits, RequestHead, content_length
from streamtape.server.forward_proxy import Forwarder
from streamtape.server.headers import (
    end_to_end,
    for_upstream,
    is_host_signed,
    rewrite_location,
    without_cors,
)
from streamtape.server.player import kept_length, play
from streamtape.server.providers import (
    PROVIDERS,
    Mount,
    child_env,
    mounts,
    upstream_mounts,
)
from streamtape.server.request_bodies import spooled_body
from streamtape.server.service import Service
from streamtape.server.upstreams import Upstreams, request_to
from streamtape.server.url_candidates import Origins, request_with
from streamtape.server.websocket.handshake import is_websocket
from streamtape.server.websocket.player import play_dialogue
from streamtape.server.websocket.relay import Relay
from streamtape.server.websocket.upstream import (
    handshake_for_upstream,
    open_websocket,
    pass_messages,
    websocket_url,
)
from streamtape.session.decisions import Play
from streamtape.session.diagnostics import warn
from streamtape.session.options import OptionFields, Options
from streamtape.session.replay_steps import steps_for
from streamtape.session.session import Session
from streamtape.tape.model import Request
from streamtape.tape.store.spool import Spool
from streamtape.transport.clocks import wall_us
from streamtape.transport.session_factory import open_session
from streamtape.transport.spooled_bodies import Spooled
from streamtape.transport.upload_streams import Upload, aside

_SETTLE_S = 5.0
_LIMITS = Limits(max_body_bytes=1 << 29)


class RecordingProxy(Service):
    """A reverse proxy that records into a cassette while its `with` block runs.

    Interactions that the record mode replays are played as a ReplayServer plays them. If `cassette`
    is an open session, it is used and stays open. `upstream` is one URL for every path, or URLs by
    path: `{"/search": "https://..."}`. Without it, the first part of a path names the provider:
    `/openai/v1/responses`; `providers` limits which, and `environ` may override their addresses
    (OPENAI_BASE_URL, ...). `options` are those of `use_cassette`; the mode is `all` by default.
    Raises ServerError for a port in use, UsageError for an invalid upstream, CassetteError if the
    file can't be written; at the end NothingRecordedError if no request came through.
    """

    def __init__(
        self,
        cassette: str | os.PathLike[str] | Session,
        *,
        upstream: str | Mapping[str, str] | None = None,
        providers: Sequence[str] | None = None,
        environ: Mapping[str, str] = os.environ,
        host: str = "127.0.0.1",
        port: int = 0,
        cors: str | Sequence[str] = (),
        allowed_hosts: Sequence[str] = (),
        limits: Limits | None = None,
        **options: Unpack[OptionFields],
    ) -> None:
        if isinstance(upstream, str) and providers is not None:
            raise UsageError("upstream and providers can't be combined: give one")
        own = [] if upstream is None else upstream_mounts(upstream)
        named = [] if own and providers is None else mounts(environ, providers)
        # The longest path that fits says where a request goes; the empty one fits all.
        self._mounts = sorted((*own, *named), key=lambda mount: -len(mount.prefix))
        self._environ = environ
        super().__init__(
            host=host, port=port, cors=cors, allowed_hosts=allowed_hosts, limits=limits or _LIMITS
        )
        self._owns_session = not isinstance(cassette, Session)
        self._running: set[Exchange | Relay] = set()
        self._notices: dict[str, None] = {}
        try:
            self.session = _session(cassette, options)
        except BaseException:
            super().stop()
            raise
        if self._owns_session:
            # Where nobody stops it: clients must be cut before the session's own end at exit.
            self._pid = os.getpid()
            atexit.register(self._stop_at_exit)
        self._upstreams = Upstreams(self.session)
        self._forwarder = Forwarder(self._upstreams)
        self._origins = Origins(i.request for i in self.session.cassette)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """The upstream of each prefix of our paths."""
        return tuple(self._mounts)

    def child_env(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables that point the SDKs of a child process here."""
        replays = not self.session.records
        environ = environ or self._environ
        env = child_env(self.url, environ=environ, replays=replays)
        past = {} if replays else self._forwarder.variables(self.url, environ)
        everything = next((mount for mount in self._mounts if not mount.prefix), None)
        if everything is None:
            if replays:
                return env
            # A base URL that was set without the provider's usual path has it from the client.
            known = {m.prefix: f"{self.url}{m.prefix}{m.base_path}" for m in self._mounts}
            bases = {k: known.get(_prefix(self.url, v)) for k, v in env.items()}
            local = {k: v for k, v in env.items() if k.upper() == "NO_PROXY"}
            return past | local | {k: base for k, base in bases.items() if base}
        base = everything.target
        for provider in PROVIDERS.values():
            # Base URLs end with the provider's own path, unless the upstream's URL has it already.
            path = "" if base.endswith(provider.base_path) else provider.base_path
            env.update(dict.fromkeys(provider.variables, self.url + path))
        return past | env

    def stop(self, error: BaseException | None = None) -> None:
        """Close every connection, then write the cassette.

        Streams that are still running are cut, and recorded up to here as unfinished: whatever a
        client has received is in the cassette. An interruption (KeyboardInterrupt, SystemExit) is
        an ordinary way for a proxy to end; after any other `error`, `record_on_exception` decides.
        """
        if error is not None and not isinstance(error, Exception):
            error = None
        atexit.unregister(self._stop_at_exit)
        self._settle()
        try:
            super().stop()
        finally:
            if self._owns_session and not self.session.closed:
                self._close_session(error)

    def _stop_at_exit(self) -> None:
        if os.getpid() == self._pid:  # a forked process has neither our thread nor our clients
            with contextlib.suppress(NothingRecordedError):
                self.stop()

    def _close_session(self, error: BaseException | None) -> None:
        self.session.close(error)
        for notice in self._notices:
            warn(notice)
        if self._forwarder.notice:
            warn(self._forwarder.notice)
        if error is None and not self.session.n_recorded and not self.session.played:
            raise NothingRecordedError(
                f"no request came through the proxy at {self.url}, so {self.session.name!r} was "
                "not written: does the client use this address as its base URL?"
            )

    def before_shutdown(self) -> None:
        """Record no further, at the moment at which clients are cut."""
        if self._owns_session:
            self.session.detach()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(error)

    async def answer(self, exchange: Exchange) -> None:
        """Play what the cassette answers; else send it on, and take down both ways."""
        request, session = exchange.request, self.session
        found = next(((m, u) for m in self._mounts if (u := m.upstream(request.target))), None)
        body = played = None
        if not (session.records_everything or (found and session.passes(found[1]))):
            # What a cassette may answer must be known whole; all else goes up as it comes.
            body = await spooled_body(exchange)
            url = found[1] if found else None
            if isinstance(body, Spool):
                long_body = body
                played = await aside(lambda: self._in_cassette(request, long_body, url))
            else:
                played = self._in_cassette(request, body, url)
        try:
            if played is not None:
                decision = session.begin(played, wall_us())
                assert isinstance(decision, Play), "would_play said so"
                await self._play(exchange, decision)
            elif found is None:
                known = ", ".join(sorted(mount.prefix for mount in self._mounts))
                message = f"nothing is mounted at {request.path!r}; mounted: {known}"
                await self.refuse(exchange, 404, message, "not_mounted")
            elif is_websocket(request):
                await self._relay(exchange, *found)
            else:
                await self._send_on(exchange, *found, body)
        except MissError as error:
            await self.refuse(exchange, 404, str(error), "no_recorded_interaction")

    async def forward(self, exchange: Exchange) -> None:
        """Let past what a child's client asks of us as a forward proxy, and name it at the end.

        In a replay it is refused, as a miss. Only our child knows the password: we are no open
        relay.
        """
        if self.session.records:
            if self._forwarder.lets_in(exchange.request):
                await self._forwarder.forward(exchange, self._pass_on)
            else:
                await super().forward(exchange)
            return
        place = printable_line(exchange.request.target)
        miss = self.session.refuse(
            f"a client bypassed the base URLs and asked for {place}; record mode "
            f"{self.session.mode!r} lets "
            "nothing through to the network. Point this client at the proxy: `--env NAME[=/PATH]` "
            "sets a further variable of the child"
        )
        await self.refuse(exchange, 403, str(miss), "no_network")

    def _in_cassette(
        self, head: RequestHead, body: bytes | Spool, url: str | None
    ) -> Request | None:
        """The request that the cassette answers, or is to refuse; None for one to be sent."""
        session = self.session
        if url is not None and is_websocket(head):
            url = websocket_url(url)
        sent = [] if url is None else [request_with(head, url, body)]
        spelled = [*sent, *self._origins.spellings(head, body)]
        answered = next((one for one in spelled if session.would_play(one)), None)
        return answered or (None if session.records else spelled[0])

    def _steps_of(self, decision: Play) -> Iterator[Step]:
        return steps_for(
            decision.interaction,
            self.session.options,
            attempt=decision.attempt,
            number=decision.number,
            on_fault=self.session.struck.append,
            others=decision.others,
        )

    async def _play(self, exchange: Exchange, decision: Play) -> None:
        options, interaction = self.session.options, decision.interaction
        sequence = self._steps_of(decision)
        if interaction.is_dialogue:
            player = self.session.dialogue(decision, sequence, self._steps_of)
            order = self.session.order
            await play_dialogue(exchange, player, order=order, more_headers=self.cors_of(exchange))
            return
        await play(
            exchange,
            sequence,
            length=kept_length(interaction, exchange.request.method, options),
            more_headers=self.cors_of(exchange),
            progress=decision.progress,
            order=self.session.order,
        )

    async def _send_on(
        self, exchange: Exchange, mount: Mount, url: str, body: bytes | Spool | None
    ) -> None:
        unread = body is None and not exchange.body_read
        upload = Upload(exchange.next_piece) if unread else None
        head = exchange.request
        content = Spooled(body) if isinstance(body, Spool) else body or upload
        request = request_to(head.method, url, for_upstream(head.headers), content)
        if is_host_signed(head) and head.header("host") != request.url.netloc.decode("ascii"):
            self._notices[_signed_notice(head, mount)] = None
        transport = self._upstreams.transport(request.url)
        try:
            if upload is None:
                response = await transport.handle_async_request(request)
            else:
                response = await transport.handle_upload(request, upload)
        except httpx.TransportError as error:
            await self._refuse_unreachable(exchange, mount, error)
        else:
            await self._pass_on(exchange, response, mount)

    async def _relay(self, exchange: Exchange, mount: Mount, url: str) -> None:
        """Open the upstream's WebSocket, and pass messages on both ways; a refusal passes on."""
        request = request_to("GET", url, handshake_for_upstream(exchange.request.headers), None)
        try:
            opened = await open_websocket(request, self._upstreams, self.session)
        except httpx.TransportError as error:
            await self._refuse_unreachable(exchange, mount, error)
            return
        if not opened.is_open:
            await self._pass_on(exchange, opened.response, mount)
            return
        await pass_messages(
            exchange, opened, self.cors_of(exchange), self._running, self._notices.setdefault
        )

    async def _refuse_unreachable(
        self, exchange: Exchange, mount: Mount, error: httpx.TransportError
    ) -> None:
        message = f"the upstream {mount.target} can't be reached: {type(error).__name__}: {error}"
        await self.refuse(exchange, 502, message, "bad_gateway")

    async def _pass_on(self, exchange: Exchange, response: Any, mount: Mount) -> None:
        """Give the client each chunk as it comes; whoever ends first ends the other."""
        self._running.add(exchange)
        try:
            headers = tuple(response.headers.raw)
            await exchange.start(
                response.status_code,
                [
                    *rewrite_location(
                        without_cors(end_to_end(headers)), target=mount.target, prefix=mount.prefix
                    ),
                    *self.cors_of(exchange),
                ],
                reason=response.extensions.get("reason_phrase", b"").decode("latin-1"),
                length=content_length(headers),
            )
            async for data in response.stream:
                await exchange.send(data)
            await exchange.finish()
        except httpx.RemoteProtocolError:
            await exchange.cut()
        except httpx.TransportError:
            await exchange.reset()
        finally:
            # A client that goes cancels us; the pool would forget connections amid closing them.
            await to_the_end(response.stream.aclose())
            self._running.discard(exchange)

    def _settle(self) -> None:
        """Let streams end whose clients have everything: a client may be ahead of us."""
        deadline = time.monotonic() + _SETTLE_S
        while any(e.is_all_sent for e in tuple(self._running)) and time.monotonic() < deadline:
            time.sleep(0.001)

    async def on_startup(self) -> None:
        """Do now what the first request would have to wait for: TLS, and the imports of anyio."""
        await self._upstreams.prepare(self._mounts[0].target, self.address)

    async def on_shutdown(self) -> None:
        """Close the connections to upstreams."""
        await self._upstreams.aclose()


def _session(cassette: str | os.PathLike[str] | Session, options: Mapping[str, Any]) -> Session:
    if not isinstance(cassette, Session):
        session_options = Options.of(**{"mode": "all", **options})
        return open_session(cassette, session_options, expects_requests=False)
    if options:
        raise UsageError(f"an open session has its options already: {', '.join(options)}")
    return cassette


def _prefix(origin: str, url: str) -> str:
    return "/" + url.removeprefix(f"{origin}/").partition("/")[0]


def _signed_notice(head: RequestHead, mount: Mount) -> str:
    return (
        f"requests to {mount.target} were signed for the host {head.header('host')}, which is this "
        "proxy: such a signature can't hold upstream (AWS answers 403). Record this client in "
        "process (streamtape.use_cassette), or with a key that signs nothing "
        "(AWS_BEARER_TOKEN_BEDROCK)"
    )
