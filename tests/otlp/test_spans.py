"""`streamtape export --to otlp`: recordings as spans, taken by a collector on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streamtape.errors import UsageError
from streamtape.otlp import attributes as gen_ai
from streamtape.otlp import sender, spans
from streamtape.otlp.sender import traces_url
from streamtape.tape.model import Ending, Interaction
from tests.cli.running import refused, run
from tests.otlp.collector import Collector, attributes, collecting
from tests.tabular.recordings import START_US, cut, dialogue, saved, sse, stream
from tests.tabular.recordings import refused as refused_request

SECRET = "sk-proj-" + "Zq3xWv9TbNfK2mRs7yPd" * 2
MS = 1_000_000  # nanoseconds


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's settings counts; what can't be delivered is given up at once."""
    import os

    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that takes spans."""
    with collecting() as found:
        yield found


def send(collector: Collector, what: Path, *args: str) -> dict[str, Any]:
    """The report of a command that sends recordings."""
    done = run("export", what, "--to", "otlp", "--endpoint", collector.url, "--json", *args)
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def sent(collector: Collector, tmp_path: Path, one: Interaction) -> Any:
    """The span of an interaction, as the collector has it."""
    send(collector, saved(tmp_path / "one", x=one))
    return collector.spans[1]


def test_a_recording_is_a_trace(collector: Collector, tmp_path: Path) -> None:
    """A span of the whole, and one an interaction below it, with the recorded times."""
    tapes = saved(tmp_path / "tapes", a=(stream(1), stream(2, day=1)), b=stream(3))
    report = send(collector, tapes)
    assert (report["spans"], report["interactions"], report["unreadable"]) == (5, 3, {})
    root, first, second, other, _ = collector.spans
    assert root.name == "streamtape recording"
    assert root.trace_id == first.trace_id == second.trace_id != other.trace_id
    assert first.parent_span_id == second.parent_span_id == root.span_id
    one = stream(1)
    assert one.started_at_us is not None
    assert one.ending.at_us is not None
    assert first.start_time_unix_nano == one.started_at_us * 1000
    assert first.end_time_unix_nano - first.start_time_unix_nano == one.ending.at_us * 1000
    assert root.start_time_unix_nano == first.start_time_unix_nano
    assert root.end_time_unix_nano == second.end_time_unix_nano
    assert collector.resource["service.name"] == "streamtape"


def test_a_span_says_what_the_conventions_have_names_for(
    collector: Collector, tmp_path: Path
) -> None:
    """Operation, provider, models, options of the request, usage, time to the first chunk."""
    body = b'{"model":"gpt-4.1","stream":true,"temperature":0.5,"max_output_tokens":9,"n":1}'
    one = stream(1)
    one = replace(one, request=replace(one.request, body=body))
    span = sent(collector, tmp_path, one)
    assert span.name == "chat gpt-4.1"
    assert span.kind == span.SPAN_KIND_CLIENT
    found = attributes(span)
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4.1",
        "gen_ai.request.stream": True,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "server.address": "api.openai.com",
        "server.port": 443,
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "streamtape.ending": "complete",
        "streamtape.interaction": 0,
    }.items() <= found.items()
    assert "gen_ai.request.choice.count" not in found
    assert found["gen_ai.response.time_to_first_chunk"] == 0.02
    assert found["gen_ai.usage.output_tokens"] > 0
    events = {event.name: event for event in span.events}
    first = events["streamtape.first_chunk"].time_unix_nano - span.start_time_unix_nano
    assert first == 20 * MS
    assert attributes(events["streamtape.first_content"]) == {"streamtape.content": "text"}


def test_errors_are_those_of_the_conventions(collector: Collector, tmp_path: Path) -> None:
    """A broken connection, a status, an error in the stream; a client that left is none."""
    left = replace(stream(4), ending=Ending("abandoned", 40_000))
    failed = replace(
        sse({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}),
        started_at_us=START_US,
    )
    failed = replace(
        failed, request=replace(failed.request, url="https://api.anthropic.com/v1/messages")
    )
    send(collector, saved(tmp_path / "x", a=(cut(1), refused_request(), left, failed)))
    damaged, status, abandoned, overloaded = collector.spans[1:]
    assert attributes(damaged)["error.type"] == "RemoteProtocolError"
    assert damaged.status.code == damaged.status.STATUS_CODE_ERROR
    assert damaged.status.message == "peer closed"
    event = damaged.events[-1]
    assert event.name == "exception"
    assert event.time_unix_nano == damaged.end_time_unix_nano
    assert attributes(event)["exception.message"] == "peer closed"
    assert attributes(status)["error.type"] == "429"
    assert "error.type" not in attributes(abandoned)
    assert abandoned.status.code == abandoned.status.STATUS_CODE_UNSET
    assert attributes(overloaded)["error.type"] == "overloaded_error"


def test_each_turn_of_a_dialogue_has_a_span(collector: Collector, tmp_path: Path) -> None:
    """Below that of the dialogue, from the question to the last event."""
    send(collector, saved(tmp_path / "x", a=dialogue()))
    _, whole, turn = collector.spans
    assert turn.parent_span_id == whole.span_id
    assert turn.start_time_unix_nano - whole.start_time_unix_nano == 10 * MS
    assert turn.end_time_unix_nano - turn.start_time_unix_nano == 40 * MS
    assert attributes(turn)["gen_ai.operation.name"] == "chat"
    assert attributes(turn)["gen_ai.response.time_to_first_chunk"] == 0.02


def test_the_program_s_own_trace_is_linked(collector: Collector, tmp_path: Path) -> None:
    """Where the request has the W3C's header of it."""
    one = stream(1)
    value = b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01"
    headers = (*one.request.headers, (b"Traceparent", value))
    span = sent(collector, tmp_path, replace(one, request=replace(one.request, headers=headers)))
    (link,) = span.links
    assert (link.trace_id.hex(), link.span_id.hex()) == ("ab" * 16, "cd" * 8)


def test_no_secret_is_sent(collector: Collector, tmp_path: Path) -> None:
    """Neither in addresses, nor in messages, nor in what a provider calls things."""
    one = cut(1)
    url = f"https://api.openai.com/v1/responses?api_key={SECRET}"
    one = replace(
        one,
        request=replace(one.request, url=url, body=json.dumps({"model": SECRET}).encode()),
        ending=replace(one.ending, message=f"bad key {SECRET}"),
    )
    (found,) = spans.spans_of([one])
    assert len(found.spans) == 2
    assert SECRET not in repr(found)
    assert SECRET[8:] not in repr(found)


def test_the_same_recording_has_the_same_ids(collector: Collector, tmp_path: Path) -> None:
    """Sent twice, it is one trace to whoever tells by ids."""
    tapes = saved(tmp_path / "x", a=stream(1))
    send(collector, tapes)
    send(collector, tapes)
    before, after = collector.requests
    assert before.resource_spans[0].scope_spans == after.resource_spans[0].scope_spans


def test_spans_go_in_batches(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is lost or doubled by it."""
    monkeypatch.setattr(sender, "BATCH_SPANS", 3)
    send(collector, saved(tmp_path / "x", **{f"r{n}": stream(n) for n in range(4)}))
    sizes = [len(r.resource_spans[0].scope_spans[0].spans) for r in collector.requests]
    assert sizes == [3, 3, 2]
    assert len({span.span_id for span in collector.spans}) == 8


def test_the_environment_counts(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endpoint, headers, compression, the service's name; -H goes beside them."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-token=geheim")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    done = run("export", saved(tmp_path / "x", a=stream(1)), "--to", "otlp", "-H", "X-Team: red")
    assert f"{collector.url}/v1/traces: 2 spans of 1 recording" in done.stdout
    assert "geheim" not in done.output
    (headers,) = collector.headers
    assert (headers["x-token"], headers["x-team"]) == ("geheim", "red")
    assert headers["content-encoding"] == "gzip"
    assert collector.resource["service.name"] == "shop"
    assert len(collector.spans) == 2


def test_what_may_succeed_later_is_tried_again(collector: Collector, tmp_path: Path) -> None:
    """A collector that is busy for a moment gets all spans once."""
    collector.answers = [503, 503]
    assert send(collector, saved(tmp_path / "x", a=stream(1)))["spans"] == 2
    assert len(collector.paths) == 3
    assert len(collector.spans) == 2


def test_what_the_collector_rejects_is_reported(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many spans, why, and warnings without any: each once; they are not sent again."""
    monkeypatch.setattr(sender, "BATCH_SPANS", 3)
    collector.partial = [(2, "too old"), (0, "slow down"), (1, "too old")]
    tapes = saved(tmp_path / "x", **{f"r{n}": stream(n) for n in range(4)})
    done = run("export", tapes, "--to", "otlp", "--endpoint", collector.url, "--json")
    assert done.exit_code == 2
    report = json.loads(done.stdout)
    assert (report["spans"], report["rejected"]) == (5, 3)
    assert report["collector_says"] == ["too old", "slow down"]
    assert done.stderr.splitlines()[-3:] == [
        "the collector rejected 3 spans",
        "the collector says: too old",
        "the collector says: slow down",
    ]
    assert len(collector.paths) == 3


@pytest.mark.parametrize("answer", [b"", b"ok", b"\xff\xff", b"<html></html>"])
def test_an_answer_that_says_nothing_is_no_matter(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    """A gateway may answer for the collector, in words of its own."""
    monkeypatch.setattr(collector, "answer", lambda: answer)
    report = send(collector, saved(tmp_path / "x", a=stream(1)))
    assert (report["spans"], report["rejected"], report["collector_says"]) == (2, 0, [])


@pytest.mark.parametrize(("answers", "tries"), [([400], 1), ([503] * 9, 6)])
def test_a_collector_that_refuses_ends_it(
    collector: Collector, tmp_path: Path, answers: list[int], tries: int
) -> None:
    """After a bounded number of tries; the message has the address and no credentials."""
    collector.answers = answers
    url = collector.url.replace("://", "://me:geheim@")
    output = refused(
        "export", saved(tmp_path / "x", a=stream(1)), "--to", "otlp", "--endpoint", url
    )
    assert len(collector.paths) == tries
    assert "cannot send spans to http://***@127.0.0.1" in output
    assert "geheim" not in output
    assert "--endpoint" in output


def test_recordings_without_times_are_reported(collector: Collector, tmp_path: Path) -> None:
    """A span needs a time; what can't be read is named, too."""
    tapes = saved(tmp_path / "x", a=sse({"type": "x"}))
    (tapes / "bad.tape").write_bytes(b"no tape")
    done = run("export", tapes, "--to", "otlp", "--endpoint", collector.url)
    assert done.exit_code == 2
    assert "1 interaction without a time of sending: not sent" in done.stderr
    assert "bad.tape" in done.stderr
    assert collector.spans == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--endpoint", "localhost:4318"], "invalid endpoint"),
        (["--endpoint", "ftp://x"], "invalid endpoint"),
        (["-H", "x"], "a header is written 'Name: value'"),
        (["-o", "x"], "-o is an option of --to parquet"),
        (["--force"], "--force is an option of --to parquet"),
        (["--table", "events"], "--table is an option of --to parquet"),
    ],
)
def test_mistakes_are_reported(tmp_path: Path, args: list[str], message: str) -> None:
    """Before anything is sent."""
    assert message in refused("export", saved(tmp_path / "x", a=stream(1)), "--to", "otlp", *args)


def test_options_of_spans_are_no_options_of_tables(tmp_path: Path) -> None:
    """And tables need a place."""
    assert "--endpoint is an option of --to otlp" in refused(
        "export", tmp_path, "-o", tmp_path / "x", "--endpoint", "http://x"
    )
    assert "no output given" in refused("export", tmp_path)


def test_without_the_extra_the_command_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That installs it."""
    import sys

    monkeypatch.setitem(sys.modules, sender._EXPORTER, None)
    assert "[otel]" in refused("export", saved(tmp_path / "x", a=stream(1)), "--to", "otlp")


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://c:4318", "http://c:4318/v1/traces"),
        ("http://c:4318/", "http://c:4318/v1/traces"),
        ("https://c/otlp/v1/traces", "https://c/otlp/v1/traces"),
    ],
)
def test_a_collector_s_address_gets_the_path(endpoint: str, url: str) -> None:
    """One that has a path is taken as it is."""
    assert traces_url(endpoint) == url


def test_an_endpoint_needs_a_host() -> None:
    """What is none is refused with an example."""
    with pytest.raises(UsageError, match="as http://localhost:4318"):
        traces_url("http://")


@pytest.mark.parametrize(
    ("url", "dialect", "name"),
    [
        ("https://api.openai.com/v1/responses", "openai-responses", "openai"),
        ("https://generativelanguage.googleapis.com/v1beta/x", "gemini", "gcp.gemini"),
        ("https://api.anthropic.com/v1/messages", "anthropic", "anthropic"),
        ("https://api.mistral.ai/v1/chat/completions", "openai-chat", "mistral_ai"),
        ("https://api.x.ai/v1/chat/completions", "openai-chat", "x_ai"),
        ("https://bedrock-runtime.eu-west-1.amazonaws.com/model/x", "bedrock-text", "aws.bedrock"),
        ("http://gateway.example/v1/messages", "anthropic", "anthropic"),
    ],
)
def test_providers_have_the_conventions_names(url: str, dialect: str, name: str) -> None:
    """By the address, or else by what is spoken there."""
    assert gen_ai.provider_name(url, dialect) == name


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (
            {"input_tokens": 10, "output_tokens": 4, "cache_read_input_tokens": 5,
             "cache_creation_input_tokens": 2},
            {"input_tokens": 17, "output_tokens": 4, "cache_read.input_tokens": 5,
             "cache_write.input_tokens": 2},
        ),
        (
            {"input_tokens": 10, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 6},
             "output_tokens_details": {"reasoning_tokens": 3}},
            {"input_tokens": 10, "output_tokens": 4, "cache_read.input_tokens": 6,
             "reasoning.output_tokens": 3},
        ),
    ],
)  # fmt: skip
def test_input_tokens_count_those_of_caches_in(
    usage: dict[str, Any], counts: dict[str, int]
) -> None:
    """As the conventions say, whether the provider does or not."""
    from streamtape.dialects.parsed import ParsedResponse

    one = sse(
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.completed", "response": {"id": "r", "usage": usage}},
        url="https://api.openai.com/v1/responses",
    )
    found = gen_ai._usage(ParsedResponse(one))
    assert found == {f"gen_ai.usage.{name}": n for name, n in counts.items()}
