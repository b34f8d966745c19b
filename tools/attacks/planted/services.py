"""What services keep and show of traffic with secrets: flight recorders, dashboards, mocks."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import httpx

import streamtape
from streamtape.cli import dashboard
from streamtape.server.proxy import RecordingProxy
from streamtape.server.replay import ReplayServer
from tools.attacks.planted.sample import (
    Secret,
    address,
    body,
    encoded,
    everything,
    files_below,
    headers,
    interaction,
    save_streams,
    save_unmasked,
    stream,
)
from tools.attacks.planted.sessions import ask, echo_server

_NEAR_THE_CUT = 3980  # of the 4000 characters that the control API shows of a body


@contextlib.contextmanager
def _logged() -> Iterator[io.StringIO]:
    """All that streamtape logs meanwhile."""
    written, logger = io.StringIO(), logging.getLogger("streamtape")
    handler, level = logging.StreamHandler(written), logger.level
    logger.addHandler(handler)
    logger.setLevel(1)
    try:
        yield written
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def _upstream(secrets: Sequence[Secret]) -> httpx.MockTransport:
    """Answers with what a sample holds, by the number in a header; without one, it fails."""

    def respond(request: httpx.Request) -> httpx.Response:
        kind, _, number = request.headers["x-sample"].partition(" ")
        secret = secrets[int(number)]
        if kind == "fails":
            raise httpx.ReadError(f"no route for {secret.free} at {address(secret, user=True)}")
        one = interaction(secret) if kind == "plain" else stream(secret)
        assert one.head is not None
        return httpx.Response(
            200, headers=list(one.head.headers), content=iter([chunk.data for chunk in one.chunks])
        )

    return httpx.MockTransport(respond)


def _ask_all(client: httpx.Client, secrets: Sequence[Secret]) -> None:
    for number, secret in enumerate(secrets):
        for kind, one in (("plain", interaction(secret)), ("stream", stream(secret))):
            sent = {**headers(secret), "x-sample": f"{kind} {number}"}
            client.post(one.request.url, headers=sent, content=one.request.body)
        with contextlib.suppress(httpx.ReadError):
            client.get(address(secret, user=True), headers={"x-sample": f"fails {number}"})


def flight_recorder(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What a flight recorder keeps in its store, measures and logs. It has no journal on disk."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    with _logged() as log, mock.patch("opentelemetry.metrics.get_meter", provider.get_meter):
        recorder = streamtape.FlightRecorder(folder / "client", sample=1)
        with httpx.Client(transport=recorder.transport(_upstream(secrets))) as client:
            _ask_all(client, secrets)
        assert recorder.stop(60)
        assert recorder.counts.written == 3 * len(secrets), recorder.counts
        served = streamtape.FlightRecorder(folder / "service", sample=1)
        asyncio.run(_serve(served, secrets))
        assert served.stop(60)
        counts = [recorder.counts, served.counts]
    yield "flight recorder: store", files_below(folder)
    yield "flight recorder: measures", encoded([reader.get_metrics_data(), *counts])
    provider.shutdown()
    failed = [_failure(secret, folder) for secret in secrets]
    yield "flight recorder: log", encoded([log.getvalue(), *(text for text, _ in failed)])
    yield "flight recorder: counts after failures", encoded(counts for _, counts in failed)


async def _serve(recorder: streamtape.FlightRecorder, secrets: Sequence[Secret]) -> None:
    """Have a service be asked that answers with what it was sent."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        data = (await receive())["body"]
        cookie = [(b"set-cookie", b"sid=" + json.loads(data)["api_key"].encode())]
        await send({"type": "http.response.start", "status": 200, "headers": cookie})
        await send({"type": "http.response.body", "body": data})

    transport = httpx.ASGITransport(recorder.middleware(app))
    async with httpx.AsyncClient(transport=transport) as client:
        for secret in secrets:
            sent = headers(secret)
            await client.post(address(secret, user=True), content=body(secret), headers=sent)


def _failure(secret: Secret, folder: Path) -> tuple[str, object]:
    """What a recorder says of a rule, and then of a store, that fail with the secret in words."""
    words = f"no {secret.free} at {address(secret, user=True)} with {headers(secret)}"

    def rule(one: streamtape.Interaction) -> bool:
        raise ValueError(words)

    counts = []
    with _logged() as log:
        for keep in ([rule], ["all"]):
            recorder = streamtape.FlightRecorder("planted://store/x", keep=keep)
            with (
                mock.patch.object(_FailingStore, "words", words),
                httpx.Client(transport=recorder.transport(_upstream([secret]))) as client,
            ):
                client.get(address(secret), headers={"x-sample": "plain 0"})
                recorder.flush(60)
                recorder.stop(60)
            counts.append(recorder.counts)
    assert log.getvalue().count("flight recorder") >= 2, log.getvalue()
    return log.getvalue(), counts


class _FailingStore:
    """A store that refuses everything, and says why with too many words."""

    words = ""

    def __init__(self, url: str) -> None:
        self.url = url

    def stat(self, name: str) -> None:
        raise PermissionError(self.words)

    def write(self, name: str, data: object, *, replaces: str | None) -> str:
        raise PermissionError(self.words)

    read = list = stat


streamtape.register_store("planted", _FailingStore)  # type: ignore[arg-type]  # it gives nothing


def _shown(url: str, n_interactions: int) -> bytes:
    """All that a dashboard answers: its page, its state, and each interaction."""
    names = ["", "state", *(f"interaction/{n}" for n in range(n_interactions)), "interaction/x"]
    with httpx.Client(base_url=f"{url}/_streamtape/", trust_env=False, timeout=60) as client:
        return b"".join(client.get(name).content for name in names)


def dashboards(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """The pages of `replay --ui`, of recordings never masked, and of `record --ui`."""
    for name, make in (("bodies", save_unmasked), ("streams", save_streams)):
        raw = make(secrets, folder / f"{name}.tape")
        with ReplayServer(raw) as server, httpx.Client(trust_env=False, timeout=60) as client:
            server.dashboard = dashboard.of_replay(server, str(raw))
            for secret in secrets:
                sent = headers(secret)
                client.put(address(secret, server.url), content=body(secret), headers=sent)
                client.post(f"{server.url}/v1/chat/completions", content=body(secret) * 2)
            yield f"replay --ui: {name}", _shown(server.url, len(secrets))
        target = folder / f"recorded-{name}.tape"
        with (
            ReplayServer(raw, match_on=("method", "path")) as upstream,
            RecordingProxy(target, upstream=upstream.url, mode="all") as proxy,
            httpx.Client(trust_env=False, timeout=60) as client,
        ):
            proxy.dashboard = dashboard.of_proxy(proxy, str(target))
            for one in streamtape.load(raw):
                url = proxy.url + _target(one.request.url)
                request: Any = {"content": one.request.body, "headers": [*one.request.headers]}
                with contextlib.suppress(httpx.TransportError):  # played as it was recorded
                    client.post(url, **request)
            yield f"record --ui: {name}", _shown(proxy.url, len(secrets))
        yield f"record --ui: cassette of {name}", everything(target)


def _target(url: str) -> str:
    """What follows the host of a URL."""
    return "/" + url.partition("://")[2].partition("/")[2]


def mocks(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What the mock's control API shows of requests and misses, and says of what it refuses."""
    rules = [streamtape.Rule(contains="never said", reply="x")]
    refused = b""
    with (
        streamtape.MockServer(rules, metrics=True) as server,
        httpx.Client(trust_env=False, timeout=60) as client,
    ):
        control = f"{server.url}/__streamtape"
        for secret in secrets:
            sent = headers(secret)
            content = body(secret)
            base, named = f"{server.url}/v1/responses", f"{server.url}/t/{quote(secret.free, '')}"
            client.post(f"{base}?api_key={secret.quoted}", content=content, headers=sent)
            client.post(address(secret, server.url), content=content, headers=sent)
            padding = "x " * (_NEAR_THE_CUT // 2)
            client.post(base, content=json.dumps({"input": padding + secret.free}))
            for shown in (
                client.post(f"{named}/v1/responses", content=content, headers=sent),
                client.post(f"{control}/fault", json={"fault": secret.free}),
                client.put(f"{control}/rules", json={"rules": [{"api_key": secret.text}]}),
                client.put(f"{control}/rules", json={"rules": [{"matches": f"(({secret.free}"}]}),
                client.get(f"{control}/{quote(secret.free, '')}"),
                client.post(base, content=b"{" + content),
            ):
                refused += shown.content
            client.put(f"{named}/__streamtape/rules", json={"rules": [{"name": secret.free}]})
        yield "mock: answers", refused
        for name in ("", "/requests", "/misses"):
            yield f"mock: control API {name}", client.get(control + name).content
        metrics = client.get(f"{server.url}/metrics").content
        yield "mock: metrics, misses", metrics + encoded(server.misses)


def record_missing(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What `mock --record-missing` leaves: its journal while it runs, and its cassette."""
    place = folder / "missing"
    place.mkdir()
    rules = [streamtape.Rule(contains="never said", reply="x")]
    with (
        echo_server() as url,
        streamtape.MockServer(rules, record_missing=url, cassette=place / "x.tape") as server,
        httpx.Client(trust_env=False, timeout=60) as client,
    ):
        for secret in secrets:
            ask(client, f"{server.url}/v1/responses/", secret)
            ask(client, server.url, secret)
        assert server.n_recorded == 2 * len(secrets), server.n_recorded
        yield "mock --record-missing: journal", files_below(place)
        shown = (client.get(f"{server.url}/__streamtape{name}") for name in ("", "/requests"))
        yield "mock --record-missing: control API", encoded(one.text for one in shown)
    yield "mock --record-missing: cassette", files_below(place)
