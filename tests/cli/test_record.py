"""`streamtape record`, against the embedded endpoint."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from streamtape.cli import http_request
from streamtape.mock.server import MockServer
from streamtape.server.replay import ReplayServer
from streamtape.tape.model import Head, Request
from streamtape.tape.store import load
from tests.cli.running import REQUEST, interaction, recording, refused, responses, run, tape
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MockServer]:
    """An endpoint that does not wait between events."""
    with MockServer(gap_us=0) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a cassette may go."""
    return tmp_path / "run.tape"


def test_prints_the_body_and_records_it(endpoint: MockServer, path: Path) -> None:
    """What comes is on stdout, byte for byte, and in the cassette; notes are on stderr."""
    result = run("record", "-o", path, f"{endpoint.base_url}/responses", "-d", REQUEST)
    assert result.exit_code == 0
    recorded = load(path)[0]
    assert result.stdout_bytes == recorded.body
    assert b"response.completed" in recorded.body
    assert recorded.ending.kind == "complete"
    assert "HTTP/1.1 200 OK" in result.stderr
    assert f"{len(recorded.chunks)} chunks" in result.stderr


def test_sends_method_headers_and_body(endpoint: MockServer, path: Path) -> None:
    """-X, -H and -d reach the server as given; a JSON body is called so."""
    url = f"{endpoint.base_url}/responses"
    run("record", "-o", path, url, "-H", "X-One: 1", "-H", "X-One: 2", "-d", REQUEST)
    seen = endpoint.requests[-1]
    head, body = seen.head, seen.body
    sent = [(name.lower(), value) for name, value in head.headers]
    assert [value for name, value in sent if name == b"x-one"] == [b"1", b"2"]
    assert dict(sent)[b"content-type"] == b"application/json"
    assert dict(sent)[b"accept-encoding"] == b"identity"
    assert body == REQUEST.encode()
    assert head.method == "POST"


def test_body_from_a_file(endpoint: MockServer, path: Path, tmp_path: Path) -> None:
    """-d @FILE sends what the file holds."""
    (tmp_path / "asked.json").write_text(REQUEST)
    url = f"{endpoint.base_url}/responses"
    assert run("record", "-o", path, url, "-d", f"@{tmp_path}/asked.json").exit_code == 0
    assert endpoint.requests[-1].body == REQUEST.encode()


def test_secrets_are_masked_and_named(endpoint: MockServer, path: Path) -> None:
    """A key in a header is not in the file, and the note names the header."""
    key = "Authorization: Bearer sk-verysecret"
    result = run("record", "-o", path, f"{endpoint.base_url}/responses", "-H", key, "-d", REQUEST)
    assert "masked: authorization" in result.stderr
    assert "verysecret" not in str(load(path)[0].request.headers)


def test_compressed_is_recorded_as_it_is_and_printed_unpacked(
    endpoint: MockServer, path: Path
) -> None:
    """With --compressed the cassette holds gzip, stdout the text."""
    url = f"{endpoint.base_url}/responses?gzip=1"
    result = run("record", "-o", path, url, "--compressed", "-d", REQUEST)
    recorded = load(path)[0]
    assert recorded.body.startswith(b"\x1f\x8b")
    assert result.stdout_bytes == recorded.content


def test_a_broken_stream_is_recorded_broken(endpoint: MockServer, path: Path) -> None:
    """A cut is told and recorded, status 1."""
    result = run("record", "-o", path, f"{endpoint.base_url}/responses?cut=5", "-d", REQUEST)
    assert result.exit_code == 1
    assert "the stream broke: RemoteProtocolError" in result.stderr
    assert load(path)[0].ending.exception == "RemoteProtocolError"


def test_json_gives_the_summary_instead_of_the_body(endpoint: MockServer, path: Path) -> None:
    """--json prints what was recorded."""
    result = run("record", "-o", path, f"{endpoint.base_url}/responses", "-d", REQUEST, "--json")
    (report,) = json.loads(result.stdout)["interactions"]
    assert report["ending"]["kind"] == "complete"
    assert report["transcript"]["text"].startswith("double bubble bath")


def test_an_existing_cassette_is_not_touched(endpoint: MockServer, path: Path) -> None:
    """Without --force or --mode a cassette that is there stays, and the way out is said."""
    before = tape(path, interaction(responses("old"))).read_bytes()
    assert "--force replaces it" in refused("record", "-o", path, f"{endpoint.base_url}/responses")
    assert path.read_bytes() == before


def test_force_replaces(endpoint: MockServer, path: Path) -> None:
    """--force records anew over the old one."""
    tape(path, interaction(responses("old")))
    assert (
        run(
            "record", "-o", path, "--force", f"{endpoint.base_url}/responses", "-d", REQUEST
        ).exit_code
        == 0
    )
    assert load(path)[0].transcript().text.startswith("double")


def test_new_episodes_keeps_and_adds(endpoint: MockServer, path: Path) -> None:
    """--mode new_episodes adds an interaction to those that are there."""
    tape(path, interaction(responses("old")))
    url = f"{endpoint.base_url}/responses"
    assert run("record", "-o", path, "--mode", "new_episodes", url, "-d", REQUEST).exit_code == 0
    assert [i.transcript().text[:6] for i in load(path)] == ["old", "double"]


def test_an_unreachable_upstream_harms_nothing(path: Path) -> None:
    """Where nothing answers, status 2, and with --force, too, the old cassette is as it was."""
    before = tape(path, interaction(responses("old"))).read_bytes()
    output = refused("record", "-o", path, "--force", "http://127.0.0.1:9/x")
    assert "no response" in output
    assert "http://127.0.0.1:9/x" in output
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_an_unreachable_upstream_leaves_no_file(path: Path) -> None:
    """Where nothing answers, nothing is written."""
    refused("record", "-o", path, "http://127.0.0.1:9/x")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["ftp://host/x"], "invalid URL 'ftp://host/x'"),
        (["http://127.0.0.1:9/", "-H", "nocolon"], "a header is written 'Name: value'"),
        (["http://127.0.0.1:9/", "-d", "@missing.json"], "-d @missing.json: No such file"),
        (["http://127.0.0.1:9/", "--mode", "onze"], "did you mean 'once'?"),
        (["http://127.0.0.1:9/", "--mode", "none", "--force"], "can't go with --mode none"),
        (["http://[::1/x"], "no response"),
    ],
)
def test_bad_input_is_refused(args: list[str], says: str, path: Path) -> None:
    """What can't be meant is refused with the value and what is wanted."""
    assert says in refused("record", "-o", path, *args)
    assert not path.exists()


def test_a_folder_that_can_not_be_written_is_reported_before_anything_is_sent(
    endpoint: MockServer, tmp_path: Path
) -> None:
    """A place that is no place is an error before the request is paid for."""
    (tmp_path / "file").write_text("")
    n_before = len(endpoint.requests)
    output = refused("record", "-o", tmp_path / "file" / "x.tape", f"{endpoint.base_url}/responses")
    assert "a part of its path is not a folder" in output
    assert len(endpoint.requests) == n_before


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_saves_what_had_come(number: int, status: int, path: Path) -> None:
    """Ctrl-C, SIGTERM and SIGHUP leave a cassette of what had come, as abandoned."""
    # Nothing is under way when the signal comes: what was recorded has been printed.
    with MockServer(gap_us=0, stall=3) as silent:
        child = recording(path, silent.base_url)
        assert child.stdout is not None
        printed = b""
        while printed.count(b"\n\n") < 3:
            printed += child.stdout.readline()
        child.send_signal(number)
        out, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == status, err.decode()
    recorded = load(path)[0]
    assert recorded.ending.kind == "abandoned"
    assert recorded.body == printed + out
    assert b"Traceback" not in err


def test_a_reader_that_leaves_stops_the_upstream(path: Path) -> None:
    """`| head -1` ends the recording at once, quietly, with what had come."""
    # A stream that lasts longer than anybody waits here.
    with MockServer(gap_us=20_000, events=20_000) as slow:
        child = recording(path, slow.base_url)
        assert child.stdout is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(PATIENCE_S) == 141
        assert slow.wait_for(disconnects=1, timeout_s=PATIENCE_S)
    assert child.stderr is not None
    with child.stderr as stderr:
        assert b"Traceback" not in stderr.read()
    assert load(path)[0].ending.kind == "abandoned"


def test_times_are_those_of_the_request(
    endpoint: MockServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it takes to make a client (its certificates) is no part of the answer's time."""
    now_s = [5.0]

    make = httpx.Client.__init__

    def make_slowly(client: httpx.Client, **options: Any) -> None:
        make(client, **options)
        now_s[0] += 1000.0

    monkeypatch.setattr(httpx.Client, "__init__", make_slowly)
    monkeypatch.setattr(http_request, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    result = run("record", "-o", path, f"{endpoint.base_url}/responses", "-d", REQUEST)
    assert ", after 0 ms" in result.stderr
    assert " in 0.0 s, complete" in result.stderr


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[str]:
    """A server whose `/401` and `/404` are refused, and whose `/302` leads elsewhere."""
    answers = {
        401: Head(401, ((b"content-type", b"application/json"),), 1, "HTTP/1.1", "Unauthorized"),
        404: Head(404, (), 1, "HTTP/1.1", "Not Found"),
        302: Head(302, ((b"location", b"/elsewhere"),), 1, "HTTP/1.1", "Found"),
    }
    recorded = [
        replace(interaction([b"{}"], url=f"https://h.example/{status}"), head=head)
        for status, head in answers.items()
    ]
    requests = [replace(i, request=Request("GET", i.request.url)) for i in recorded]
    with ReplayServer(tape(tmp_path / "answers.tape", *requests), repeat=True) as server:
        yield server.url


@pytest.mark.parametrize(
    ("status", "options", "expected"),
    [
        (401, [], (0, "warning: the response is an error: HTTP 401 Unauthorized")),
        (401, ["--fail"], (1, "warning: the response is an error: HTTP 401 Unauthorized")),
        (404, ["-f"], (1, "warning: the response is an error: HTTP 404 Not Found")),
        (302, ["--fail"], (0, "warning: HTTP 302 Found leads to /elsewhere; -L follows")),
    ],
)
def test_an_error_status_is_named(
    refusing: str, path: Path, status: int, options: list[str], expected: tuple[int, str]
) -> None:
    """It is recorded whole all the same; with --fail it decides the exit status, as for curl."""
    result = run("record", "-o", path, f"{refusing}/{status}", *options)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == expected
    assert result.stdout == "{}"
    assert load(path)[0].head.status == status  # type: ignore[union-attr]  # there is a head
    assert load(path)[0].ending.kind == "complete"


def test_fail_is_for_a_url(path: Path) -> None:
    """What a child or a client does about a status is its own matter."""
    output = refused("record", "-o", path, "--fail", "--provider", "openai", "--port", "0")
    assert "--fail is for a URL" in output
    assert not path.exists()


def test_refused_requests_are_named_by_stats_and_ls(refusing: str, path: Path) -> None:
    """Neither of them says no more than that there is no stream, or that all is well."""
    run("record", "-o", path, f"{refusing}/401")
    assert "there are no streams in these cassettes: 1 request with HTTP 401" in refused(
        "stats", path
    )
    found = json.loads(run("stats", path, "--json").stdout)
    assert found["streams"] == []
    assert [(one["interaction"], one["status"]) for one in found["refused"]] == [(0, 401)]
    assert json.loads(run("ls", path, "--json").stdout)[0]["endings"] == {"401": 1}
    assert "401 Unauthorized" in run("show", path).stdout
