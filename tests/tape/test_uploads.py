"""Request bodies that are taken down as they come: masked as whole ones, and never lost."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import StreamtapeError
from streamtape.tape import codec, journal, loading
from streamtape.tape.model import Cassette, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.redact import RedactionOptions, Redactor
from streamtape.tape.store import TapeFile, load, load_journal, recover, save
from streamtape.tape.store.appending import Journal
from tools.attacks import damage

KEY = b"sk-proj-" + b"a1B2c3D4" * 6
JSON = ((b"content-type", b"application/json"),)
FORM = ((b"content-type", b'multipart/form-data; boundary="b0undary"'),)


def part(name: str, content: bytes) -> bytes:
    """One part of a form."""
    head = f'--b0undary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--b0undary--\r\n"
BODIES = {
    "a text": (JSON, b"nothing to mask " * 20),
    "a key": (JSON, b'{"note": "' + b"x" * 50 + KEY + b'", "a": 1}'),
    "a named key": (JSON, b'{"api_key": "hunter2hunter2", "next": "api_key"}'),
    "a form": (FORM, part("file", b"\r\n--b0und\r\n\xff\x00" + KEY) + part("api_key", KEY) + END),
    "a field of lines": (FORM, part("password", b"one\r\ntwo\r\n\r\n-") + part("a", b"b") + END),
    "an odd name in a large piece": (
        JSON,
        b'{"a": "' + b"x" * 70_000 + b'", "aPi_KeY": "hunter2hunter2"}',
    ),
    "an empty field": (FORM, part("password", b"") + part("a", b"not a secret") + END),
    "a masked field": (FORM, part("password", b"****") + END),
    "a form that is cut": (FORM, part("a", b"b") + part("token", b"secret words\r")[:-2]),
    "a form without a form": (FORM, b"no part at all, but " + KEY),
    "a head without an end": (FORM, b"--b0undary\r\nname=token\r\n--b0undary" + part("a", KEY)),
}


def request(name: str) -> Request:
    """A request with a body that holds secrets, or none."""
    headers, body = BODIES[name]
    return Request("POST", "http://h/", headers, body)


def cut(body: bytes, cuts: list[int]) -> list[bytes]:
    """A body in pieces."""
    places = sorted({0, len(body), *(at % (len(body) + 1) for at in cuts)})
    return [body[a:b] for a, b in pairwise(places)]


def upload(tape: Journal, body: Request, pieces: list[bytes]) -> journal.Uploaded:
    """Take down a request in pieces, as interaction 0."""
    bare, redactions = Redactor().redact_request(replace(body, body=b""))
    coming = tape.upload(bare, 1, redactions)
    assert coming is not None
    for piece in pieces:
        coming.feed(piece)
    place = coming.close()
    tape.request(0, bare, 1, (*redactions, *coming.redactions), place)
    return place


def finish(tape: Journal) -> None:
    """End interaction 0."""
    tape.head(0, Head(200))
    tape.chunk(0, 5, b"taken")
    tape.ending(0, Ending("complete", 6))


@pytest.mark.parametrize("name", BODIES)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_a_body_in_pieces_is_masked_as_a_whole_one(name: str, cuts: list[int]) -> None:
    """The same bytes are masked, and the same masks are listed."""
    first = request(name)
    redactor = Redactor()
    whole, listed = redactor.redact_request(first)
    masks = redactor.masks_of(first)
    assert masks is not None
    out = bytearray()
    fed = chain.from_iterable(map(masks.feed, cut(first.body, cuts)))
    for masked in chain(fed, masks.close()):
        for at, data in masked.patches:
            out[at : at + len(data)] = data
        out += masked.shown
    assert bytes(out) == whole.body
    assert set(masks.take_found()) == set(listed)


@pytest.mark.parametrize(
    ("headers", "options"),
    [
        (((b"content-encoding", b"gzip"),), RedactionOptions()),
        (((b"content-type", b"application/x-www-form-urlencoded"),), RedactionOptions()),
        (JSON, RedactionOptions(json_paths=("$.email",))),
    ],
    ids=["compressed", "escapes", "paths"],
)
def test_what_must_be_known_whole(
    tmp_path: Path, headers: tuple[tuple[bytes, bytes], ...], options: RedactionOptions
) -> None:
    """What would mask it needs all of it, so it does not go to the journal in pieces."""
    tape = TapeFile(tmp_path / "x.tape", Redactor(options)).open_journal()
    assert tape.upload(Request("POST", "http://h/", headers), 1) is None
    tape.discard()


@pytest.mark.parametrize("name", BODIES)
def test_the_cassette_is_that_of_a_whole_body(tmp_path: Path, name: str) -> None:
    """However the body came, the same file is written."""
    first = request(name)
    one = TapeFile(tmp_path / "one.tape", Redactor()).open_journal()
    upload(one, first, cut(first.body, [*range(0, 1000, 7)]))
    other = TapeFile(tmp_path / "other.tape", Redactor()).open_journal()
    redacted, redactions = Redactor().redact_request(first)
    other.request(0, redacted, 1, redactions)
    for tape in (one, other):
        finish(tape)
        tape.commit()
    ((new,), (old,)) = load(tmp_path / "one.tape"), load(tmp_path / "other.tape")
    assert new.request == old.request
    assert set(new.redactions) == set(old.redactions)
    assert KEY not in (tmp_path / "one.tape").read_bytes()


def test_what_had_come_of_a_request_is_recovered(tmp_path: Path) -> None:
    """Its recorder died within it: the request is there as far as it came, its tail masked."""
    tape = TapeFile(tmp_path / "x.tape", Redactor()).open_journal()
    first = Request("POST", "http://h/", ((b"authorization", KEY), *JSON))
    bare, redactions = Redactor().redact_request(first)
    coming = tape.upload(bare, 7, redactions)
    assert coming is not None
    for piece in (b"one ", b"two ", KEY[:20]):
        coming.feed(piece)
    assert tape.so_far() == ()
    tape.release()
    assert KEY[:20] not in tape.journal_path.read_bytes()
    (shown,) = load_journal(tape.journal_path)
    (one,) = recover(tape.journal_path).cassette
    assert one == shown
    assert one.request == replace(bare, body=b"one two " + b"*" * 20)
    assert one.ending == Ending("unfinished", message="the recorder stopped within the request")
    assert (one.started_at_us, one.redactions) == (7, redactions)


def test_a_request_that_its_sender_broke_off_was_none(tmp_path: Path) -> None:
    """Nothing was sent, so nothing is recovered, and the next request keeps its place."""
    tape = TapeFile(tmp_path / "x.tape", Redactor()).open_journal()
    coming = tape.upload(Request("POST", "http://h/a"), 1)
    assert coming is not None
    coming.feed(b"some")
    coming.withdraw()
    tape.request(0, Request("GET", "http://h/b"), 2)
    tape.release()
    assert [i.request.url for i in recover(tape.journal_path).cassette] == ["http://h/b"]


@pytest.mark.parametrize("how", ["removed", "flipped"])
def test_a_damaged_upload_is_reported(tmp_path: Path, how: str) -> None:
    """Whatever record is hit: it is noticed, and no request that lacks something is complete."""
    tape = TapeFile(tmp_path / "x.tape", Redactor()).open_journal()
    first = request("a key")
    upload(tape, first, cut(first.body, [20, 70, 80]))
    finish(tape)
    tape.release()
    data = tape.journal_path.read_bytes()
    (whole,) = damage.read(data).interactions
    places = damage.places(data)
    for start, end in places[:-1]:
        bad = data[:start] + data[end:]
        if how == "flipped":
            bad = data[: end - 1] + bytes([data[end - 1] ^ 1]) + data[end:]
        found = damage.read(bad)
        assert found.losses
        for one in found.interactions:
            lost = one.ending.kind != "complete"
            assert lost or (one.request, one.chunks) == (whole.request, whole.chunks)


def test_pieces_of_others_stand_between(tmp_path: Path) -> None:
    """Three bodies come at once, and are whole in another order."""
    tape = TapeFile(tmp_path / "x.tape", Redactor()).open_journal()
    coming = [tape.upload(Request("POST", f"http://h/{n}"), n) for n in range(3)]
    for word in (b"one ", b"two ", b"three "):
        for n, one in enumerate(coming):
            assert one is not None
            one.feed(b"%d%b" % (n, word))
    for number, n in enumerate((2, 0, 1)):
        one = coming[n]
        assert one is not None
        tape.request(number, Request("POST", f"http://h/{n}"), n, (), one.close())
    cassette = tape.commit()
    assert [i.request.body for i in cassette] == [
        b"%done %dtwo %dthree " % (n, n, n) for n in (2, 0, 1)
    ]


def test_no_upload_in_a_journal_that_has_ended(tmp_path: Path) -> None:
    """The error says what became of the recording."""
    tape = TapeFile(tmp_path / "x.tape", Redactor()).open_journal()
    coming = tape.upload(Request("POST", "http://h/"), 1)
    tape.discard()
    assert coming is not None
    with pytest.raises(StreamtapeError, match="discarded"):
        coming.feed(b"some")


@pytest.fixture
def in_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    """A request whose body is left in the file that it was loaded from."""
    monkeypatch.setattr(codec, "PART_BYTES", 10)
    monkeypatch.setattr(loading, "EAGER_BYTES", 20)
    first = Request("POST", "http://h/", JSON, bytes(range(95)))
    one = Interaction(first, None, Chunks(), Ending("complete"))
    short = replace(one, request=Request("GET", "http://h/", body=b"short"))
    save(Cassette((one, short)), tmp_path / "x.tape")
    loaded, other = load(tmp_path / "x.tape")
    assert other.request == short.request
    return loaded.request


def test_a_long_body_is_read_when_it_is_looked_at(in_file: Request) -> None:
    """It is a request like any other: only where its bytes are differs."""
    whole = Request("POST", "http://h/", JSON, bytes(range(95)))
    assert [len(piece) for piece in in_file.body_pieces()] == [10] * 9 + [5]
    assert list(whole.body_pieces()) == [whole.body]
    assert in_file.n_body_bytes == whole.n_body_bytes == 95
    assert (in_file.body, in_file, hash(in_file)) == (whole.body, whole, hash(whole))
    assert pickle.loads(pickle.dumps(in_file)) == whole
    assert replace(in_file, url="http://i/") == replace(whole, url="http://i/")
    assert repr(in_file) == repr(whole)


def test_a_long_body_is_copied_from_file_to_file(in_file: Request, tmp_path: Path) -> None:
    """A cassette that is saved again is the same file."""
    save(load(tmp_path / "x.tape"), tmp_path / "y.tape")
    assert (tmp_path / "y.tape").read_bytes() == (tmp_path / "x.tape").read_bytes()


FORM_PARTS = st.sampled_from(
    [
        "a=1", "api_key=q7Rk2mZx9vBt4cLw", "api%5Fkey=q7Rk2mZx9vBt4cLw", "=", "", "k", "n=****",
        "b=sk%2Dproj%2Dabc" + "D1e2" * 6, "t=it+is+ghp_" + "aB3d" * 9, "password=hunter2 x",
        "c=%7B%22token%22%3A%22q7Rk2mZx9vBt4cLw%22%7D", "token=" + "q7Rk" * 30, "long=" + "x" * 90,
        "d=a%26secret%3Dq7Rk2mZx9vBt4cLw",
    ]
)  # fmt: skip


@given(parts=st.lists(FORM_PARTS, max_size=8), size=st.integers(1, 40))
def test_a_long_urlencoded_form_is_masked_as_a_short_one(parts: list[str], size: int) -> None:
    """Read in pieces of any size, and never in memory as a whole."""
    headers = ((b"content-type", b"application/x-www-form-urlencoded"),)
    request = Request("POST", "http://h/", headers, "&".join(parts).encode())
    whole, listed = Redactor().redact_request(request)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("streamtape.tape.long_bodies.LONG_BYTES", -1)
        patched.setattr("streamtape.tape.long_bodies.LONG_CODED_BYTES", size)
        long, found = Redactor().redact_request(request)
        assert long.body == whole.body
        assert {one.kind for one in found} == {one.kind for one in listed}


@pytest.mark.parametrize("size", [3, 50, 1 << 20])
def test_a_field_longer_than_is_held_back(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its value is masked as it comes where its name says so, up to the next field."""
    monkeypatch.setattr("streamtape.secrets.urlencoded._MOST_FIELD_BYTES", 20)
    monkeypatch.setattr("streamtape.tape.long_bodies.LONG_BYTES", -1)
    monkeypatch.setattr("streamtape.tape.long_bodies.LONG_CODED_BYTES", size)
    headers = ((b"content-type", b"application/x-www-form-urlencoded"),)
    secret, plain = b"q7Rk2mZx9vBt4cLw" * 9, b"nothing" * 20
    body = b"a=1&password=%b&file=%b&client_secret=%b rest&b=2" % (secret, plain, secret)
    masked, found = Redactor().redact_request(Request("POST", "http://h/", headers, body))
    assert masked.body == body.replace(secret, b"*" * len(secret))
    assert [one.kind for one in found] == ["name", "name"]
