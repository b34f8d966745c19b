"""A recorder that is always on: what it keeps, what it costs, and what its end loses."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import streamtape
from streamtape.errors import UsageError
from streamtape.flight.recorder import FlightRecorder
from streamtape.flight.rules import rules_of
from streamtape.tape.model import Chunk, Ending, Head, Interaction, Request
from tests.patience import PATIENCE_S

REQUEST = Request("POST", "https://api.openai.com/v1/responses", (), b"{}")
KEY = "sk-proj-" + "aB3dE5fG7hJ9kL1mN2pQ" * 2


def interaction(kind: str = "complete", at_us: int = 1000, status: int = 200) -> Interaction:
    """One that ended like this."""
    head = Head(status, ((b"content-type", b"text/plain"),), 5)
    chunks: Any = (Chunk(700_000, b"hi"),)
    return Interaction(REQUEST, head, chunks, Ending(kind, at_us))  # type: ignore[arg-type]  # tests give real kinds


@pytest.mark.parametrize(
    ("rule", "kept", "left"),
    [
        ("error", interaction("error"), interaction()),
        ("error", interaction(status=429), interaction(status=399)),
        ("cut", interaction("error"), interaction("abandoned")),
        ("cut", interaction("unfinished"), interaction()),
        ("slow>5s", interaction(at_us=5_000_001), interaction(at_us=5_000_000)),
        ("slow >= 5s", interaction(at_us=5_000_000), interaction(at_us=4_999_999)),
        ("first>600ms", interaction(), interaction("complete", 1, 404)),
        ("status>=500", interaction(status=500), interaction(status=499)),
        (lambda i: i.request.method == "POST", interaction(), None),
        ("all", interaction(), None),
    ],
)
def test_rules_keep(rule: Any, kept: Interaction, left: Interaction | None) -> None:
    """Each rule fits what it says, and not what is just beside it."""
    (fits,) = rules_of([rule])
    assert fits(kept)
    if left is not None and rule != "first>600ms":
        assert not fits(left)


@pytest.mark.parametrize("keep", [["slow"], ["slow>5"], ["status>=x"], ["errors"], "error", [""]])
def test_rules_that_are_none_are_refused(keep: Any) -> None:
    """With what there is."""
    with pytest.raises(UsageError):
        rules_of(keep)


@pytest.mark.parametrize(
    "option", [{"sample": 2}, {"sample": -0.1}, {"max_bytes": 0}, {"file_s": 0}, {"file_bytes": -1}]
)
def test_values_that_make_no_sense_are_refused(tmp_path: Path, option: dict[str, Any]) -> None:
    """Before anything is recorded."""
    with pytest.raises(UsageError, match=next(iter(option))):
        FlightRecorder(tmp_path, **option)


def answering(body: bytes, status: int = 200) -> httpx.MockTransport:
    """A provider that answers this."""
    return httpx.MockTransport(lambda _: httpx.Response(status, content=body))


def recordings(folder: Path) -> list[Interaction]:
    """All that was written below a folder."""
    return [i for path in sorted(folder.rglob("*.tape")) for i in streamtape.load(path)]


def test_errors_are_kept_and_the_rest_by_sample(tmp_path: Path) -> None:
    """Every error, and the stated share of what went well."""
    recorder = FlightRecorder(tmp_path, sample=0.2, seed=1)
    with recorder:
        with httpx.Client(transport=recorder.transport(answering(b"good"))) as client:
            for _ in range(50):
                client.get("http://provider.test/")
        with httpx.Client(transport=recorder.transport(answering(b"bad", 500))) as client:
            for _ in range(3):
                client.get("http://provider.test/")
    bodies = [i.body for i in recordings(tmp_path)]
    assert bodies.count(b"bad") == 3
    assert 3 <= bodies.count(b"good") <= 20
    counts = recorder.counts
    assert (counts.seen, counts.written + counts.sampled_out, counts.dropped) == (53, 53, 0)


def test_clients_of_the_process_are_recorded(
    tmp_path: Path, upstream: Callable[[bytes], str]
) -> None:
    """By the patch, as in a session; outside of the `with` they are not."""
    url = upstream(b"data: 1\n\n")
    recorder = FlightRecorder(tmp_path, sample=1)
    with recorder:
        assert httpx.get(url).content == b"data: 1\n\n"
    httpx.get(url)
    (one,) = recordings(tmp_path)
    assert (one.body, one.ending.kind) == (b"data: 1\n\n", "complete")


def test_secrets_are_written_nowhere(tmp_path: Path) -> None:
    """Headers, bodies, addresses: as everywhere."""
    recorder = FlightRecorder(tmp_path, sample=1)
    with recorder, httpx.Client(transport=recorder.transport(answering(KEY.encode()))) as client:
        client.post(
            f"http://provider.test/?api_key={KEY}", headers={"x-api-key": KEY}, json={"k": KEY}
        )
    (one,) = recordings(tmp_path)
    assert KEY not in str(one.request) + one.request.body.decode() + one.body.decode()


def test_what_goes_beyond_the_bound_is_dropped(tmp_path: Path) -> None:
    """The client has all of it, the recorder counts what it gave up."""
    recorder = FlightRecorder(tmp_path, sample=1, max_bytes=10_000)
    with recorder:
        with httpx.Client(transport=recorder.transport(answering(bytes(100_000)))) as client:
            assert len(client.get("http://provider.test/").content) == 100_000
        with httpx.Client(transport=recorder.transport(answering(b"small"))) as client:
            client.get("http://provider.test/")
    assert [i.body for i in recordings(tmp_path)] == [b"small"]
    assert (recorder.counts.dropped, recorder.counts.written) == (1, 1)


def test_a_store_that_cannot_be_written_is_reported_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning in the log, and the count; no exception reaches the program."""
    (tmp_path / "file").write_text("in the way")
    recorder = FlightRecorder(tmp_path / "file", sample=1)
    with caplog.at_level(logging.WARNING, "streamtape"), recorder:
        with httpx.Client(transport=recorder.transport(answering(b"x"))) as client:
            for _ in range(3):
                assert client.get("http://provider.test/").content == b"x"
                recorder.flush(PATIENCE_S)
    assert recorder.counts.dropped == 3
    assert recorder.counts.n_failures >= 1
    assert "not" in recorder.counts.failure.lower()
    assert len([r for r in caplog.records if r.name == "streamtape"]) == 1


def test_it_writes_into_stores(tmp_path: Path) -> None:
    """A URL stands where a folder does."""
    pytest.importorskip("fsspec")
    recorder = FlightRecorder("memory://flights", sample=1)
    with recorder, httpx.Client(transport=recorder.transport(answering(b"x"))) as client:
        client.get("http://provider.test/")
    assert recorder.counts.written == 1
    import fsspec

    (name,) = fsspec.filesystem("memory").glob("/flights/*/*.tape")
    assert streamtape.load(f"memory://{name.lstrip('/')}")[0].body == b"x"


def test_what_goes_on_at_the_end_is_written_as_unfinished(tmp_path: Path) -> None:
    """What had come by then."""
    recorder = FlightRecorder(tmp_path, sample=0, keep=("cut",))

    def endless() -> Any:
        while True:
            yield b"data: 1\n\n"

    inner = httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))
    with recorder, httpx.Client(transport=recorder.transport(inner)) as client:
        with client.stream("GET", "http://provider.test/") as response:
            pieces = response.iter_raw()
            got = [next(pieces) for _ in range(3)]
            recorder.stop()
    (one,) = recordings(tmp_path)
    assert one.ending.kind == "unfinished"
    assert one.body == b"".join(got)


PROGRAM = """
    import sys, time, httpx, streamtape
    recorder = streamtape.FlightRecorder(sys.argv[1], sample=1, file_s=1000)
    with recorder:
        inner = httpx.MockTransport(lambda _: httpx.Response(200, content=b"hi"))
        httpx.Client(transport=recorder.transport(inner)).get("http://provider.test/")
        print("ready", flush=True)
        {end}
"""


@pytest.mark.parametrize("end", ["time.sleep(1000)", "sys.exit(3)", "raise OSError"])
def test_the_end_of_a_program_loses_nothing(tmp_path: Path, end: str) -> None:
    """SIGTERM, an exit, an exception: what had ended is written, and the end is as without us."""
    program = textwrap.dedent(PROGRAM.format(end=end))
    child = subprocess.Popen(
        [sys.executable, "-c", program, os.fspath(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        if "sleep" in end:
            child.send_signal(signal.SIGTERM)
        status = child.wait(PATIENCE_S)
        child.communicate()
    assert status == {"time.sleep(1000)": -signal.SIGTERM, "sys.exit(3)": 3}.get(end, 1)
    assert [i.body for i in recordings(tmp_path)] == [b"hi"]


STREAMING = """
    import sys, time, httpx, streamtape
    def pieces():
        yield b"one "
        time.sleep(1000)
    with streamtape.FlightRecorder(sys.argv[1], sample=1) as recorder:
        inner = httpx.MockTransport(lambda _: httpx.Response(200, content=pieces()))
        client = httpx.Client(transport=recorder.transport(inner))
        with client.stream("GET", "http://provider.test/") as response:
            for piece in response.iter_raw():
                print("ready", flush=True)
"""


def test_a_signal_amid_a_stream_keeps_what_had_come(tmp_path: Path) -> None:
    """As unfinished, where the signal ends the program."""
    command = [sys.executable, "-c", textwrap.dedent(STREAMING), os.fspath(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE_S) == -signal.SIGTERM
    (one,) = recordings(tmp_path)
    assert (one.body, one.ending.kind) == (b"one ", "unfinished")


def test_two_recorders_of_one_folder_keep_theirs(tmp_path: Path) -> None:
    """Though they write in the same second of the same process."""
    for body in (b"a", b"b"):
        recorder = FlightRecorder(tmp_path, sample=1)
        with recorder, httpx.Client(transport=recorder.transport(answering(body))) as client:
            client.get("http://provider.test/")
    assert sorted(i.body for i in recordings(tmp_path)) == [b"a", b"b"]


FORKING = """
    import os, sys, httpx, streamtape
    recorder = streamtape.FlightRecorder(sys.argv[1], sample=1)
    with recorder:
        inner = httpx.MockTransport(lambda _: httpx.Response(200, content=b"%d" % os.getpid()))
        client = httpx.Client(transport=recorder.transport(inner))
        client.get("http://provider.test/")
        child = os.fork()
        client.get("http://provider.test/")
        if not child:
            sys.exit(not recorder.stop())
        sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_writes_its_own(tmp_path: Path) -> None:
    """Each of the two what it sent itself, once."""
    command = [sys.executable, "-c", textwrap.dedent(FORKING), os.fspath(tmp_path)]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    pids = [int(i.body) for i in recordings(tmp_path)]
    assert sorted(map(pids.count, set(pids))) == [1, 2]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Streams what it was sent, piece by piece; fails at `boom`."""
    body = (await receive())["body"]
    head = {"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]}
    await send(head)
    for piece in (b"one ", b"two ", body):
        if piece == b"boom":
            raise RuntimeError("boom")
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def served(recorder: FlightRecorder, body: bytes) -> bytes:
    """What a client gets of the application with the recorder around it."""

    async def ask() -> bytes:
        transport = httpx.ASGITransport(recorder.middleware(app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://me.test") as client:
            return (await client.post("/events?a=1", content=body)).content

    return asyncio.run(ask())


def test_what_a_service_sends_is_recorded(tmp_path: Path) -> None:
    """Its requests and answers, piece by piece, and its failures."""
    recorder = FlightRecorder(tmp_path, sample=1)
    assert served(recorder, b"three") == b"one two three"
    served(recorder, b"boom")
    assert recorder.stop()
    whole, failed = recordings(tmp_path)
    assert (whole.request.method, whole.request.url) == ("POST", "http://me.test/events?a=1")
    assert (whole.request.body, [c.data for c in whole.chunks]) == (
        b"three",
        [b"one ", b"two ", b"three"],
    )
    assert whole.ending.kind == "complete"
    assert (failed.ending.kind, failed.ending.exception) == ("error", "RuntimeError")


@pytest.mark.parametrize(
    ("opt_in", "what"),
    [
        ("", "operation"),
        ("http,database", "operation"),
        ("http, gen_ai_latest_experimental", "inference"),
    ],
)
def test_measures_follow_the_conventions(
    monkeypatch: pytest.MonkeyPatch, opt_in: str, what: str
) -> None:
    """Duration, first chunk and tokens, with the attributes that collectors know."""
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", opt_in)
    metrics = pytest.importorskip("opentelemetry.sdk.metrics")
    export = pytest.importorskip("opentelemetry.sdk.metrics.export")
    from streamtape.flight import telemetry

    reader = export.InMemoryMetricReader()
    provider = metrics.MeterProvider([reader])
    measured = telemetry.instruments(provider.get_meter("streamtape"))
    assert measured is not None
    made = streamtape.compose("openai-chat", [streamtape.Say("Hello, world")])
    measured(made)
    data = reader.get_metrics_data()
    found = {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    assert set(found) == {
        f"gen_ai.client.{what}.duration",
        f"gen_ai.client.{what}.time_to_first_chunk",
        "gen_ai.client.token.usage",
    }
    (point,) = found[f"gen_ai.client.{what}.duration"].data.data_points
    assert point.attributes["gen_ai.operation.name"] == "chat"
    assert point.attributes["gen_ai.provider.name"] == "openai"
    assert point.attributes["gen_ai.response.model"]
    assert point.attributes["server.address"] == "api.openai.com"
    provider.shutdown()
