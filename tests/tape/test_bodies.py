"""Secrets planted in bodies of every encoding: none in the journal at any moment, nor after."""

import random
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.content import encode, forms
from streamtape.tape import recode
from streamtape.tape.model import Cassette, Chunk, Ending, Head, Interaction, Request
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile, load, recover
from tests.tape.planting import MAKERS, PEM

ENCODINGS = ("", "gzip", "deflate", "br", "zstd", "gzip, br")
FILLER = b'data: {"type":"response.output_text.delta","delta":"Hello there"}\n\n'


def wire(content: bytes, encoding: str, rng: random.Random) -> list[bytes]:
    """Cut content into pieces, encode them with a flush after each, cut the wire elsewhere."""
    pieces = []
    while content:
        size = rng.randrange(1, 120)
        pieces.append(Chunk(0, content[:size]))
        content = content[size:]
    coded = [c.data for c in recode.encode_content(pieces, encoding, complete=True)]
    if rng.random() < 0.5:
        return coded
    joined, cut = b"".join(coded), []
    while joined:
        size = rng.randrange(1, 200)
        cut.append(joined[:size])
        joined = joined[size:]
    return cut


def planted(rng: random.Random, n: int) -> tuple[bytes, list[bytes]]:
    """A stream with n secrets in it."""
    body, secrets = b"", []
    for _ in range(n):
        body += FILLER * rng.randrange(3)
        text, secret = MAKERS[rng.choice(list(MAKERS))](rng)
        body += b'data: {"delta":"' + text.encode() + b'"}\n\n'
        secrets.append(secret.encode())
    return body + FILLER, secrets


def leaks(data: bytes, secrets: list[bytes]) -> bool:
    """Whether a stretch of eight bytes of the second half of a secret is in the data."""
    halves = (secret[len(secret) // 2 :] for secret in secrets)
    return any(half[n : n + 8] in data for half in halves for n in range(len(half) - 7))


def everything(cassette: Cassette) -> bytes:
    """All that a cassette holds, decoded."""
    parts = []
    for i in cassette:
        parts += [repr(i.request).encode(), i.request.body, repr(i.head).encode(), i.body]
        parts += [i.content, repr(i.ending).encode(), repr(i.redactions).encode()]
    return b"\n".join(parts)


def head_of(encoding: str) -> Head:
    """A head with this encoding."""
    coded = ((b"Content-Encoding", encoding.encode()),) if encoding else ()
    return Head(200, ((b"content-type", b"text/event-stream"), *coded), 5)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("seed", range(8))
def test_planted_secrets_are_nowhere(tmp_path: Path, encoding: str, seed: int) -> None:
    """Planted at random, cut at random: not in what a kill would leave, nor in the cassette."""
    rng = random.Random(f"{encoding} {seed}")
    body, secrets = planted(rng, rng.randrange(1, 8))
    token = MAKERS["github"](rng)[0]
    redactor = Redactor()
    place = TapeFile(tmp_path / "a.tape", redactor)
    journal = place.open_journal()
    request, why = redactor.redact_request(
        Request("POST", "http://h/?key=" + token, (), b'{"x":"%s"}' % body)
    )
    journal.request(0, request, 1, why)
    journal.head(0, head_of(encoding))
    part = tmp_path / "a.tape.part"
    for n, data in enumerate(wire(body, encoding, rng)):
        journal.chunk(0, n, data)
        if not n % 7:
            left = tmp_path / "left.tape.part"
            left.write_bytes(part.read_bytes())
            assert not leaks(left.read_bytes(), secrets)
            recovered = recover(left).cassette
            assert not leaks(everything(recovered), secrets)
            (tmp_path / "left.tape").unlink()
    journal.ending(0, Ending("error" if seed % 2 else "complete", 9, "E", "at " + token))
    assert not leaks(part.read_bytes(), [*secrets, token.encode()])
    cassette = journal.commit()
    assert not leaks(everything(cassette), [*secrets, token.encode()])
    expected = body
    for secret in secrets:
        expected = expected.replace(secret, b"*" * len(secret))
    assert cassette[0].content == expected
    assert cassette[0].head is not None
    assert cassette[0].head.recoded == bool(encoding)
    assert sum(r.where.startswith("response.body") for r in cassette[0].redactions) == len(secrets)
    assert any(r.where == "request.url:key" for r in cassette[0].redactions)
    assert load(place.path) == cassette


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("ending", [Ending("complete", 9), Ending("error", 9, "E"), None])
def test_a_harmless_body_keeps_its_wire_bytes(
    tmp_path: Path, encoding: str, ending: Ending | None
) -> None:
    """Without a secret every chunk is stored as it came, to the byte, however it ended."""
    rng = random.Random(encoding)
    chunks = wire(FILLER * 20 + b"unended sk-", encoding, rng)
    journal = TapeFile(tmp_path / "a.tape", Redactor()).open_journal()
    journal.request(0, Request("GET", "http://h/"), 1)
    journal.head(0, head_of(encoding))
    for n, data in enumerate(chunks):
        journal.chunk(0, n, data)
    if ending is not None:
        journal.ending(0, ending)
    (interaction,) = journal.commit()
    assert [tuple(c) for c in interaction.chunks] == list(enumerate(chunks))
    assert interaction.head == head_of(encoding)
    assert interaction.ending.kind == (ending.kind if ending else "unfinished")


def test_a_body_that_is_not_what_its_encoding_says(tmp_path: Path) -> None:
    """Bytes that can't be decoded are stored as they came, for the player to fail the same way."""
    journal = TapeFile(tmp_path / "a.tape", Redactor()).open_journal()
    journal.request(0, Request("GET", "http://h/"), 1)
    journal.head(0, head_of("gzip"))
    for n, data in enumerate((b"no gzip at all", b" and more", b"s")):
        journal.chunk(0, n, data)
    assert journal.commit()[0].body == b"no gzip at all and mores"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_request_bodies(encoding: str) -> None:
    """Request bodies are masked within their encoding, and keep their decoded length."""
    rng = random.Random(encoding)
    body, secrets = planted(rng, 5)
    pem = PEM["pem-escaped"](rng).encode()
    body += b'{"key": "' + pem + b'"}'
    sent = Request(
        "POST", "http://h/", ((b"content-encoding", encoding.encode()),),
        encode.encode_whole(body, encoding),
    )  # fmt: skip
    request, found = Redactor().redact_request(sent)
    content = encode.decode_whole(request.body, encoding)
    assert len(content) == len(body)
    assert not leaks(content, [*secrets, *pem.split(b"\\n")[1:-1]])
    assert len(found) > 5
    assert len({r.digest for r in found}) > 4


def test_forms_are_masked_by_name() -> None:
    """The fields of a form go by their names, as parameters do."""
    headers = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
    body = b"grant_type=client&client_id=me&client_secret=a%2Bb&password=pw"
    request, found = Redactor().redact_request(Request("POST", "http://h/", headers, body))
    assert request.body == b"grant_type=client&client_id=me&client_secret=*****&password=**"
    assert [r.kind for r in found] == ["name", "name"]


def test_multipart_bodies() -> None:
    """A secret in a part of a multipart body is masked; boundaries and files are not."""
    key = MAKERS["github"](random.Random(1))[0].encode()
    body = b'--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n' + key + b"\r\n--b--\r\n"
    request, _ = Redactor().redact_request(Request("POST", "http://h/", (), body))
    assert request.body == body.replace(key, b"*" * len(key))


@pytest.mark.parametrize("line", ["\r\n", "\n"], ids=["crlf", "lf"])
def test_multipart_fields_are_masked_by_name(line: str) -> None:
    """As those of other forms, whatever stands in them; files and other fields stay."""

    def body(token: str) -> bytes:
        parts = (
            ('form-data; name="purpose"', "user_data"),
            ('form-data; name="client_token"', token),
            ('form-data; filename="key"; name="file"', "--not the boundary\nkey"),
            ("form-data; name=password", token),
        )
        lines = []
        for text, value in parts:
            lines += ["--the b", f"Content-Disposition: {text}", "X-Other: 1", "", value]
        return (line.join([*lines, "--the b--"]) + line).encode()

    headers = ((b"content-type", b'multipart/form-data; boundary="the b"'),)
    request, found = Redactor().redact_request(
        Request("POST", "http://h/", headers, body("two\nlines"))
    )
    assert request.body == body("*********")
    assert [r.kind for r in found] == ["name", "name"]
    assert Redactor().redact_request(request) == (request, ())


@pytest.mark.parametrize(
    "value",
    [
        "-----BEGIN PRIVATE KEY-----\n" + "q1W2" * 16 + "\n-----END PRIVATE KEY-----",
        "https://hooks.slack.com/services/T00000000/B00000000/" + "Xy1z" * 6,
        "https://user:pa55word@h/",
    ],
)
def test_escaped_secrets_in_forms(value: str) -> None:
    """What is a secret once its percent signs are undone is masked in a form, whole."""
    headers = ((b"content-type", b"application/x-www-form-urlencoded; charset=utf-8"),)
    note = quote_plus(value).encode()
    sent = Request("POST", "http://h/", headers, b"a=50%25&note=" + note + b"&b=%21")
    request, found = Redactor().redact_request(sent)
    assert request.body == b"a=50%25&note=" + b"*" * len(note) + b"&b=%21"
    assert len({r.where for r in found}) == len(found) >= 1


@given(
    st.binary(max_size=300), st.sampled_from(["", "; boundary=b", '; boundary="', "; Boundary=b;"])
)
def test_any_body_is_looked_at_as_a_form(body: bytes, more: str) -> None:
    """Whatever a form's bytes are, its fields lie in it, in order, and no error comes of it."""
    for kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        sent = b"--b\nContent-Disposition: a; name=k" + body
        fields = list(forms.fields(kind + more, sent))
        ends = [place for field in fields for place in (field.start, field.end)]
        assert ends == sorted(ends)
        assert all(0 <= field.start < field.end <= len(sent) for field in fields)


def test_interaction_is_a_value() -> None:
    """A masked interaction compares as any other."""
    head = Head(200, recoded=True)
    assert head != Head(200)
    assert Interaction(Request("GET", "u"), head, (), Ending("complete")).head == head  # type: ignore[arg-type]  # loose chunks are taken too
