"""Sessions around a client: modes, what is kept, what is refused, and what is never silent."""

import json
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

import streamtape
from streamtape.choices import RecordMode
from streamtape.errors import (
    AmbiguousSessionError,
    CassetteNotFoundError,
    MissError,
    NothingRecordedError,
    ReplayEndError,
)
from streamtape.mock.server import MockServer
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.transport import patch
from tests.fake_network import FakeNetwork

LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
Handler = Any


class Upstream:
    """A transport of the test's own that counts what really reaches it."""

    def __init__(self, library: Any, chunks: tuple[bytes, ...] = (b"one", b"two")) -> None:
        self.module = library
        self.chunks = chunks
        self.sent: list[str] = []

    def client(self, **options: Any) -> Any:
        """A client whose transport is this one."""
        return self.module.Client(transport=FakeNetwork(self._answer), **options)

    def _answer(self, request: Any) -> Any:
        self.sent.append(request.content.decode())
        chunks = (*self.chunks, b"#%d" % len(self.sent))

        class Body(self.module.SyncByteStream):  # type: ignore[misc,name-defined]  # either library's
            def __iter__(self) -> Iterator[bytes]:
                yield from chunks

        return self.module.Response(
            200, headers=[("x-twice", "1"), ("X-Twice", "2")], stream=Body()
        )


def ask(client: Any, question: str) -> str:
    """Send a question, read the whole answer."""
    return str(client.post("http://upstream/ask", json={"q": question}).text)


@LIBRARIES
def test_once_records_then_replays(library: Any, tmp_path: Path) -> None:
    """The first run records; later ones replay, and refuse what is new."""
    upstream, tape = Upstream(library), tmp_path / "x.tape"
    with streamtape.use_cassette(tape), upstream.client() as client:
        assert ask(client, "a") == "onetwo#1"
    with streamtape.use_cassette(tape), upstream.client() as client:
        response = client.post("http://upstream/ask", json={"q": "a"})
        assert response.text == "onetwo#1"
        assert response.headers.raw == [(b"x-twice", b"1"), (b"X-Twice", b"2")]
    assert len(upstream.sent) == 1
    with pytest.raises(MissError, match=r"body \$\.q") as caught:
        with streamtape.use_cassette(tape), upstream.client() as client:
            ask(client, "b")
    assert '"a"' in str(caught.value)
    assert '"b"' in str(caught.value)
    assert len(upstream.sent) == 1


@LIBRARIES
def test_new_episodes_adds(library: Any, tmp_path: Path) -> None:
    """What is there is replayed, what is new is sent and added behind it."""
    upstream, tape = Upstream(library), tmp_path / "x.tape"
    for questions in (["a"], ["a", "b"], ["b", "a", "c"]):
        with streamtape.use_cassette(tape, mode="new_episodes"), upstream.client() as client:
            for question in questions:
                ask(client, question)
    assert [json.loads(i.request.body)["q"] for i in streamtape.load(tape)] == ["a", "b", "c"]
    assert len(upstream.sent) == 3
    before = tape.read_bytes()
    with streamtape.use_cassette(tape, mode="new_episodes"), upstream.client() as client:
        ask(client, "b")
    assert tape.read_bytes() == before


@LIBRARIES
def test_all_records_again(library: Any, tmp_path: Path) -> None:
    """Everything is sent, and the new recording takes the place of the old one."""
    upstream, tape = Upstream(library), tmp_path / "x.tape"
    for question in ("a", "b"):
        with streamtape.use_cassette(tape, mode="all"), upstream.client() as client:
            ask(client, question)
    (interaction,) = streamtape.load(tape)
    assert json.loads(interaction.request.body) == {"q": "b"}
    assert interaction.body == b"onetwo#2"


def test_none_needs_a_cassette(tmp_path: Path) -> None:
    """Without a cassette, mode none ends before a request is made."""
    with pytest.raises(CassetteNotFoundError, match=r"x\.tape"):
        streamtape.use_cassette(tmp_path / "x.tape", mode="none").__enter__()
    assert list(tmp_path.iterdir()) == []


@LIBRARIES
def test_a_failing_program_never_costs_a_good_cassette(library: Any, tmp_path: Path) -> None:
    """In mode all, an exception that is not the stream's own leaves the old cassette."""
    upstream, tape = Upstream(library), tmp_path / "x.tape"
    with streamtape.use_cassette(tape), upstream.client() as client:
        ask(client, "a")
    before = tape.read_bytes()
    with pytest.raises(ZeroDivisionError):
        with streamtape.use_cassette(tape, mode="all"), upstream.client() as client:
            ask(client, "a")
            raise ZeroDivisionError
    assert tape.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.tape"]


def test_the_streams_own_exception_is_what_was_to_be_recorded(tmp_path: Path) -> None:
    """A cut that leaves the `with` is recorded, in every mode that records."""
    tape = tmp_path / "x.tape"
    with MockServer(gap_us=0, cut=3) as endpoint:
        for mode in ("once", "all"):
            with pytest.raises(httpx.RemoteProtocolError), streamtape.use_cassette(tape, mode=mode):
                httpx.post(f"{endpoint.base_url}/responses", json={"stream": True})
    (interaction,) = streamtape.load(tape)
    assert interaction.ending.exception == "RemoteProtocolError"


@LIBRARIES
def test_a_refused_connection_is_recorded_too(library: Any, tmp_path: Path) -> None:
    """An exception before any response is an interaction without a head, and replays."""
    tape, raised = tmp_path / "x.tape", []
    for _ in range(2):
        with streamtape.use_cassette(tape), pytest.raises(library.ConnectError) as caught:
            library.get("http://127.0.0.1:9/nobody")
        raised.append(str(caught.value))
    assert raised[0] == raised[1]
    assert streamtape.load(tape)[0].head is None


@LIBRARIES
def test_a_response_that_was_read_before_is_recorded(library: Any, tmp_path: Path) -> None:
    """Transports that hand over a finished response are recorded with its body."""
    transport = FakeNetwork(lambda request: library.Response(200, json={"a": 1}))
    for mode in ("once", "none"):
        with streamtape.use_cassette(tmp_path / "x.tape", mode=mode):
            with library.Client(transport=transport) as client:
                assert client.get("http://x/").json() == {"a": 1}
    assert streamtape.load(tmp_path / "x.tape")[0].ending.kind == "complete"


def test_a_session_that_saw_nothing_says_so(tmp_path: Path) -> None:
    """A recording without a request is an error that names what can't be seen."""
    with pytest.raises(NothingRecordedError, match=r"streamtape record -o run\.tape -- COMMAND"):
        with streamtape.use_cassette(tmp_path / "x.tape"):
            pass
    assert list(tmp_path.iterdir()) == []


@LIBRARIES
def test_a_stream_outlives_its_session(library: Any, tmp_path: Path) -> None:
    """A stream that is still read when its session ends goes on; it is recorded up to there."""
    tape = tmp_path / "x.tape"
    with MockServer(gap_us=1000) as endpoint:
        url = f"{endpoint.base_url}/responses"
        with library.Client() as client:
            with streamtape.use_cassette(tape):
                response = client.send(
                    client.build_request("POST", url, json={"stream": True}), stream=True
                )
                chunks = response.iter_raw()
                first = next(chunks)
            rest = list(chunks)
    assert len(rest) > 5
    (interaction,) = streamtape.load(tape)
    assert interaction.ending.kind == "unfinished"
    assert interaction.body == first
    with streamtape.use_cassette(tape), library.Client() as client:
        with client.stream("POST", url, json={"stream": True}) as response:
            chunks = response.iter_raw()
            assert next(chunks) == first
            with pytest.raises(ReplayEndError, match="unfinished"):
                next(chunks)


def test_a_hidden_miss_comes_out(tmp_path: Path) -> None:
    """A program that wraps the miss in its own exception does not hide it."""
    upstream, tape = Upstream(httpx), tmp_path / "x.tape"
    with streamtape.use_cassette(tape), upstream.client() as client:
        ask(client, "a")
    with pytest.raises(MissError) as caught:
        with streamtape.use_cassette(tape), upstream.client() as client:
            try:
                ask(client, "b")
            except MissError as error:
                raise RuntimeError("connection error") from error
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.warns(StreamtapeWarning, match="the program went on"):
        with streamtape.use_cassette(tape), upstream.client() as client:
            with pytest.raises(MissError):
                ask(client, "b")


@LIBRARIES
def test_retries_are_interactions_of_their_own(library: Any, tmp_path: Path) -> None:
    """Equal requests are recorded one by one and replayed in their order."""
    upstream, tape = Upstream(library), tmp_path / "x.tape"
    for _ in range(2):
        with streamtape.use_cassette(tape), upstream.client() as client:
            assert [ask(client, "a") for _ in range(3)] == ["onetwo#1", "onetwo#2", "onetwo#3"]
    with pytest.raises(MissError, match="3 of 3"):
        with streamtape.use_cassette(tape), upstream.client() as client:
            for _ in range(4):
                ask(client, "a")


def test_the_inner_session_wins(tmp_path: Path) -> None:
    """Sessions nest: a request belongs to the innermost of its context."""
    upstream = Upstream(httpx)
    with streamtape.use_cassette(tmp_path / "out.tape"), upstream.client() as client:
        ask(client, "a")
        with streamtape.use_cassette(tmp_path / "in.tape"):
            ask(client, "b")
        ask(client, "c")
    assert len(streamtape.load(tmp_path / "out.tape")) == 2
    assert len(streamtape.load(tmp_path / "in.tape")) == 1


def in_thread(function: Any) -> Any:
    """Run a function in a thread of its own; what it returns or raises."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(function())
        except Exception as error:  # noqa: BLE001 - handed on to the test
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def test_threads_use_the_one_active_session(tmp_path: Path) -> None:
    """A thread without the context uses the only session, and is refused where there are two."""
    upstream = Upstream(httpx)
    client = upstream.client()
    with streamtape.use_cassette(tmp_path / "x.tape"):
        assert in_thread(lambda: ask(client, "a")) == "onetwo#1"
        with streamtape.use_cassette(tmp_path / "y.tape"):
            refused = in_thread(lambda: ask(client, "b"))
            assert isinstance(refused, AmbiguousSessionError)
            assert "x.tape" in str(refused)
            context = copy_context()
            assert in_thread(lambda: context.run(ask, client, "c")) == "onetwo#2"
    assert upstream.sent == ['{"q":"a"}', '{"q":"c"}']


def test_the_patch_is_undone_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last session the libraries are as they were, and requests pass by."""
    monkeypatch.setattr(patch, "_installation", patch.Installation())  # that no run holds
    upstream = Upstream(httpx)
    seams = [
        (kind, kind.__dict__["_transport_for_url"])
        for kind in (httpx.Client, httpx.AsyncClient, httpx2.Client, httpx2.AsyncClient)
    ]
    with streamtape.use_cassette(tmp_path / "x.tape"), upstream.client() as client:
        ask(client, "a")
        with streamtape.use_cassette(tmp_path / "x.tape", mode="new_episodes"):
            ask(client, "b")
        assert all(kind.__dict__["_transport_for_url"] is not seam for kind, seam in seams)
    assert all(kind.__dict__["_transport_for_url"] is seam for kind, seam in seams)
    with upstream.client() as client:
        assert ask(client, "c") == "onetwo#3"


def test_a_run_can_hold_the_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held patches stay between sessions, let requests pass there, and are undone as exactly."""
    monkeypatch.setattr(patch, "_installation", patch.Installation())
    upstream = Upstream(httpx)
    before = httpx.Client.__dict__["_transport_for_url"]
    patch.retain()
    stored = httpx.Client.__dict__["_transport_for_url"]
    assert stored is not before
    with upstream.client() as client:
        assert ask(client, "a") == "onetwo#1"
        with streamtape.use_cassette(tmp_path / "x.tape"):
            ask(client, "b")
        assert httpx.Client.__dict__["_transport_for_url"] is stored
        assert ask(client, "c") == "onetwo#3"
        with streamtape.use_cassette(tmp_path / "x.tape", mode="none"):
            assert ask(client, "b") == "onetwo#2"
            patch.release()
            assert httpx.Client.__dict__["_transport_for_url"] is stored
    assert httpx.Client.__dict__["_transport_for_url"] is before


@LIBRARIES
def test_an_upgrade_passes_by_or_is_refused(library: Any, tmp_path: Path) -> None:
    """WebSocket requests are no streams: passed with a warning, refused under mode none."""
    upstream, tape = Upstream(library), tmp_path / "x.tape"
    headers = {"Connection": "Upgrade", "Upgrade": "websocket"}
    with streamtape.use_cassette(tape), upstream.client() as client:
        ask(client, "a")
        with pytest.warns(StreamtapeWarning, match="unrecorded"):
            client.get("http://upstream/ws", headers=headers)
    assert len(streamtape.load(tape)) == 1
    with pytest.raises(MissError, match="upgrade"):
        with streamtape.use_cassette(tape, mode="none"), upstream.client() as client:
            client.get("http://upstream/ws", headers=headers)


def test_secrets_are_not_written(tmp_path: Path) -> None:
    """The key and the cookies of a request are in neither the journal nor the cassette."""
    upstream, tape = Upstream(httpx), tmp_path / "x.tape"
    secret = "sk-verysecretindeed"
    with streamtape.use_cassette(tape), upstream.client(cookies={"id": secret}) as client:
        client.post(f"http://upstream/?api_key={secret}", headers={"Authorization": secret})
        assert secret.encode() not in (tmp_path / "x.tape.part").read_bytes()
    assert secret not in str(streamtape.load(tape)[0].request)


def test_a_users_own_secrets_are_masked(tmp_path: Path) -> None:
    """Names, patterns and JSON paths of the user's own, in one options value."""
    upstream = Upstream(httpx, (b"employee E-4711 ", b"said hello"))
    tape = tmp_path / "x.tape"
    rules = streamtape.RedactionOptions(patterns=(("employee", r"E-\d+"),), headers=("x-desk",))
    with streamtape.use_cassette(tape, redaction=rules), upstream.client() as client:
        answer = client.post("http://upstream/", headers={"x-desk": "12"}, json={"who": "E-4711"})
        assert answer.text.startswith("employee E-4711")
    (interaction,) = streamtape.load(tape)
    assert interaction.body.startswith(b"employee ****** said")
    assert b"4711" not in interaction.request.body
    assert (b"x-desk", b"[redacted]") in interaction.request.headers
    with streamtape.use_cassette(tape, redaction=rules), upstream.client() as client:
        client.post("http://upstream/", headers={"x-desk": "13"}, json={"who": "E-4712"})


def test_requests_that_differ_only_in_a_secret_are_kept_apart(tmp_path: Path) -> None:
    """Each key gets its own answer, in any order; another key gets them in their order."""
    upstream, tape = Upstream(httpx), tmp_path / "x.tape"

    def ask_with(client: Any, key: str) -> str:
        headers = {"Authorization": f"Bearer {key}"}
        return str(client.get("http://upstream/", headers=headers).text)

    with streamtape.use_cassette(tape), upstream.client() as client:
        answers = {key: ask_with(client, key) for key in ("first-key-123", "second-key-456")}
    with streamtape.use_cassette(tape), upstream.client() as client:
        for key in ("second-key-456", "first-key-123"):
            assert ask_with(client, key) == answers[key]
    with streamtape.use_cassette(tape), upstream.client() as client:
        assert [ask_with(client, "other") for _ in range(2)] == list(answers.values())


def test_a_body_over_the_limit_is_cut_by_us(tmp_path: Path) -> None:
    """The client gets it all; the recording ends at the limit, and says that we cut it."""
    upstream, tape = Upstream(httpx, (b"x" * 600, b"y" * 600)), tmp_path / "x.tape"
    with streamtape.use_cassette(tape, max_body_bytes=1000), upstream.client() as client:
        assert len(ask(client, "a")) == 1202
    (interaction,) = streamtape.load(tape)
    assert interaction.ending.kind == "unfinished"
    assert "1000" in str(interaction.ending.message).replace(",", "")
    assert len(interaction.body) <= 1000


def in_a_fork(work: Callable[[], object]) -> str:
    """What some work says in a process forked from this one: its result, or its exception."""
    reader, writer = os.pipe()
    with warnings.catch_warnings(action="ignore"):  # of threads that other tests left behind
        child = os.fork()
    if not child:
        text = "nothing"
        try:
            text = str(work())
        except streamtape.StreamtapeError as error:
            text = type(error).__name__
        finally:  # the child must not go on into pytest
            os.write(writer, text.encode())
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    text = os.read(reader, 10_000).decode()
    os.close(reader)
    return text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nothing")
def test_a_forked_process_writes_nothing_into_its_parents_recording(tmp_path: Path) -> None:
    """A request there is refused, leaving the session there writes nothing, the parent has all."""
    path = tmp_path / "a.tape"
    client = Upstream(httpx).client()
    context = streamtape.use_cassette(path)
    with context:
        ask(client, "parent")
        assert in_a_fork(lambda: ask(client, "child")) == "ForkedError"
        assert in_a_fork(lambda: context.__exit__(None, None, None)) == "None"
        assert not path.exists()
        ask(client, "parent again")
    questions = [json.loads(i.request.body)["q"] for i in streamtape.load(path)]
    assert questions == ["parent", "parent again"]
    assert [file.name for file in tmp_path.iterdir()] == ["a.tape"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nothing")
def test_a_stream_that_a_forked_process_reads_on_is_recorded_no_further(tmp_path: Path) -> None:
    """The chunks that a child reads of a stream that was open go by; the parent's are recorded."""
    path = tmp_path / "a.tape"
    with (
        streamtape.use_cassette(path),
        Upstream(httpx).client().stream("GET", "http://upstream/") as response,
    ):
        chunks = response.iter_raw()
        first = next(chunks)
        assert in_a_fork(lambda: next(chunks).decode()) == "two"
        rest = list(chunks)
    assert [chunk.data for chunk in streamtape.load(path)[0].chunks] == [first, *rest]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nothing")
def test_a_forked_process_replays_and_records_by_a_session_of_its_own(tmp_path: Path) -> None:
    """What needs no journal of the parent's goes on working in a child."""
    path = tmp_path / "a.tape"
    upstream = Upstream(httpx)
    with streamtape.use_cassette(path):
        answer = ask(upstream.client(), "q")

    def own() -> object:
        with streamtape.use_cassette(tmp_path / "b.tape"):
            ask(upstream.client(), "child")
        return len(streamtape.load(tmp_path / "b.tape"))

    with streamtape.use_cassette(path):
        assert in_a_fork(lambda: ask(upstream.client(), "q")) == answer
        assert in_a_fork(own) == "1"
        assert ask(upstream.client(), "q") == answer


def test_a_patch_over_a_held_one_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who patches the seam between two sessions is patched in turn, and the end is as exact."""
    monkeypatch.setattr(patch, "_installation", patch.Installation())
    upstream = Upstream(httpx)
    before = httpx.Client.__dict__["_transport_for_url"]
    patch.retain()
    for n in range(3):
        with monkeypatch.context() as over, upstream.client() as client:
            over.setattr(httpx.Client, "_transport_for_url", lambda client, url: client._transport)
            with streamtape.use_cassette(tmp_path / f"{n}.tape") as session:
                ask(client, "a")
        assert len(session.requests) == 1
    patch.release()
    assert httpx.Client.__dict__["_transport_for_url"] is before


def test_use_cassette_is_no_decorator(tmp_path: Path) -> None:
    """Who decorates with it, as with VCR's, is told what does."""
    with pytest.raises(streamtape.UsageError, match=r"`@streamtape.cassette\('.*a.tape'\)`"):
        streamtape.use_cassette(str(tmp_path / "a.tape"))(lambda: None)


def unreachable(library: Any) -> Any:
    """A client whose server is down."""

    def refuse(request: Any) -> Any:
        raise library.ConnectError("no route to host", request=request)

    return library.Client(transport=FakeNetwork(refuse))


@LIBRARIES
def test_a_server_that_is_down_costs_no_cassette(library: Any, tmp_path: Path) -> None:
    """Recording again while the network is gone leaves the good cassette, and says so."""
    path = tmp_path / "a.tape"
    with streamtape.use_cassette(path):
        ask(Upstream(library).client(), "q")
    before = path.read_bytes()
    with (
        pytest.raises(library.ConnectError) as caught,
        streamtape.use_cassette(path, mode="all"),
    ):
        ask(unreachable(library), "q")
    assert path.read_bytes() == before
    assert "kept nothing of the recording" in caught.value.__notes__[0]


@LIBRARIES
def test_a_failed_recording_is_kept_where_nothing_was(library: Any, tmp_path: Path) -> None:
    """With mode `all`, too; when it is replayed, the error says that it comes from there."""
    path = tmp_path / "a.tape"
    with pytest.raises(library.ConnectError), streamtape.use_cassette(path, mode="all"):
        ask(unreachable(library), "q")
    with (
        pytest.raises(library.ConnectError, match="no route to host") as caught,
        streamtape.use_cassette(path),
    ):
        ask(unreachable(library), "q")
    assert caught.value.__notes__ == [
        f"replayed by streamtape: interaction 0 of {path} was recorded with it"
    ]


def test_what_the_stream_failed_is_not_kept_either(tmp_path: Path) -> None:
    """`record_on_exception=False`, which tests have, goes for a server that is down, too."""
    path = tmp_path / "a.tape"
    with (
        pytest.raises(httpx.ConnectError),
        streamtape.use_cassette(path, record_on_exception=False),
    ):
        ask(unreachable(httpx), "q")
    assert not path.exists()


def test_a_program_that_changes_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative name is meant from where the session was opened, in every mode."""
    (tmp_path / "sub").mkdir()
    client = Upstream(httpx).client()
    modes: tuple[tuple[RecordMode, int], ...] = (("once", 1), ("new_episodes", 2), ("all", 1))
    for mode, n in modes:
        monkeypatch.chdir(tmp_path)
        with streamtape.use_cassette("a.tape", mode=mode):
            monkeypatch.chdir(tmp_path / "sub")
            ask(client, mode)
        assert len(streamtape.load(tmp_path / "a.tape")) == n
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.tape", "sub"]
