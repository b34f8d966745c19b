"""Secrets in bodies are masked however the body is cut, and never reach what is written."""

import json
import random
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.secrets import json_spans
from streamtape.secrets.known import OPEN, PATTERNS
from streamtape.secrets.scanner import Search, default_search
from streamtape.secrets.streaming import BodyRedactor
from tests.tape.planting import B62, MAKERS, PEM

FILLERS = (
    b'data: {"type":"response.output_text.delta","item_id":"msg_1","delta":"Hello"}\n\n',
    b'data: {"choices":[{"delta":{"content":"and key=value, \\"token\\": one"}}]}\n\n',
    b"event: ping\ndata: {}\n\n",
    "data: Grüße, 世界\r\n\r\n".encode(),
    b": sk- is no key, nor is -----BEGIN here\n",
    b'{"password": null, "x": "api_key"}\n',
)


def written(chunks: list[bytes], search: Search) -> tuple[bytes, list[bytes], list[str]]:
    """Feed chunks; give the final body, the body as written after each feed, the kinds found."""
    redactor, body, states, kinds = BodyRedactor(search), bytearray(), [], []
    for data in [*chunks, None]:
        masked = redactor.close() if data is None else redactor.feed(data)
        body += masked.shown
        assert len(masked.shown) == len(data or b"")
        for offset, patch in masked.patches:
            assert offset + len(patch) <= len(body)
            body[offset : offset + len(patch)] = patch
        kinds += [span.kind for span in masked.found]
        states.append(bytes(body))
    assert redactor.clear
    return bytes(body), states, kinds


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """Cut data at the given places."""
    edges = [0, *sorted({n for n in at if 0 < n < len(data)}), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def leaks(secret: bytes, state: bytes) -> bool:
    """Whether any stretch of eight bytes of the secret's second half is in what was written."""
    half = secret[len(secret) // 2 :][:1000]
    return any(half[n : n + 8] in state for n in range(len(half) - 7))


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("seed", range(3))
def test_every_kind_at_every_cut(kind: str, seed: int) -> None:
    """Each kind is masked to the byte, wherever the body is cut in two, and in the journal too."""
    rng = random.Random(f"{kind} {seed}")
    text, secret = MAKERS[kind](rng)
    before, after = rng.choice(FILLERS), rng.choice(FILLERS)
    planted = b'data: {"delta":"see ' + text.encode() + b' there"}\n\n'
    body = before + planted + after
    expected = body.replace(secret.encode(), b"*" * len(secret))
    start = len(before)
    for place in range(start, start + len(planted) + 1):
        final, states, kinds = written([body[:place], body[place:]], default_search())
        assert final == expected
        assert len(kinds) == 1
        assert not any(leaks(secret.encode(), state) for state in states)
    final, states, _ = written([bytes([b]) for b in body], default_search())
    assert final == expected
    assert not any(leaks(secret.encode(), state) for state in states)


ESCAPES: dict[str, Callable[[str], str]] = {
    "HTML, decimal": lambda c: f"&#{ord(c)};",
    "HTML, hexadecimal": lambda c: f"&#x{ord(c):X};",
    "HTML, with zeros": lambda c: f"&#x{ord(c):04x};",
    "percent": lambda c: f"%{ord(c):02X}",
    "percent, twice": lambda c: f"%25{ord(c):02x}",
    "percent, of HTML": lambda c: f"%26%23{ord(c)}%3B",
    "JSON": lambda c: f"\\u{ord(c):04x}",
    "JSON in JSON": lambda c: f"\\\\u{ord(c):04x}",
    "JavaScript": lambda c: f"\\u{{{ord(c):x}}}",
    "code": lambda c: f"\\x{ord(c):02x}",
    "code in JSON": lambda c: f"\\\\x{ord(c):02X}",
    "octal": lambda c: f"\\{ord(c):03o}",
    "Python": lambda c: f"\\U{ord(c):08x}",
}


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("which", ["all", "the first", "signs"])
def test_every_escape_at_every_cut(escape: str, which: str) -> None:
    """A key of which characters are spelled as escapes is masked whole, and never written."""
    key = "sk-proj-" + "aB3dE6gH9j" * 2 + "_7xY"
    spelled = "".join(
        ESCAPES[escape](c) if which == "all" or (c in "-_" if which == "signs" else n == 0) else c
        for n, c in enumerate(key)
    )
    before, after = FILLERS[0] + b'{"a":"see ', b' there"}\n\n' + FILLERS[1]
    body = before + spelled.encode() + after
    expected = before + b"*" * len(spelled) + after
    stop = min(len(spelled), 30)  # all characters are spelled alike
    for place in (*range(len(before) - 2, len(before) + stop), len(body) - len(after) - 1):
        final, states, _ = written([body[:place], body[place:]], default_search())
        assert final == expected
        assert not any(leaks(spelled.encode(), state) for state in states)
    final, states, _ = written([bytes([b]) for b in body], default_search())
    assert final == expected
    assert not any(leaks(spelled.encode(), state) for state in states)


def test_a_long_value_of_letters_beyond_ascii() -> None:
    """What goes on of a value longer than what is held back is masked, whatever its letters are."""
    value = "gr\u00fc\u00dfe7K\u4e16" * 4000
    body = f"a=1&api_key={value}&n=1".encode()
    for size in (9000, 60_000):
        final, states, _ = written(cut(body, list(range(0, len(body), size))), default_search())
        assert not any(leaks(value.encode(), state) for state in states)
        assert final == f"a=1&api_key={'*' * len(value.encode())}&n=1".encode()


@pytest.mark.parametrize("kind", PEM)
def test_private_keys(kind: str) -> None:
    """The lines of a private key are masked, its frame and line ends are not, at any cut."""
    rng = random.Random(kind)
    text = PEM[kind](rng).encode()
    body = FILLERS[0] + b'data: {"delta":"' + text + b'"}\n\n' + FILLERS[1]
    lines = [s for s in re.split(rb"\\n|\n|-----[^-]*-----", text) if s]
    expected = body
    for line in lines:
        expected = expected.replace(line, b"*" * len(line))
    for _ in range(60):
        chunks = cut(body, [rng.randrange(len(body)) for _ in range(rng.randrange(40))])
        final, states, _ = written(chunks, default_search())
        assert final == expected
        assert not any(leaks(line, state) for state in states for line in lines)


def test_a_harmless_stream_is_untouched_and_free() -> None:
    """What holds no secret comes out as it went in; chunks that end in a line end need no patch."""
    redactor = BodyRedactor(default_search())
    for filler in FILLERS * 3:
        masked = redactor.feed(filler)
        assert (masked.shown, masked.found) == (filler, ())
    assert redactor.close().patches == ()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1 << 32), st.lists(st.integers(0, 4000), max_size=60))
def test_any_mixture_at_any_cuts(seed: int, at: list[int]) -> None:
    """Bodies of many secrets come out the same however they are cut, and none is written."""
    rng = random.Random(seed)
    body, secrets = b"", []
    for _ in range(rng.randrange(1, 12)):
        if rng.random() < 0.5:
            body += rng.choice(FILLERS)
        else:
            text, secret = MAKERS[rng.choice(list(MAKERS))](rng)
            body += b'data: {"a":"' + text.encode() + b'"}\n\n'
            secrets.append(secret.encode())
    whole, _, _ = written([body], default_search())
    final, states, _ = written(cut(body, at), default_search())
    assert final == whole
    for planted in secrets:
        assert planted not in final
        assert not any(leaks(planted, state) for state in states)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=8))
def test_any_bytes_in_any_cuts(chunks: list[bytes]) -> None:
    """Arbitrary bytes give the same body however they are cut."""
    whole = written([b"".join(chunks)], default_search())[0]
    assert written(chunks, default_search())[0] == whole


@pytest.mark.parametrize(
    "value", ["\0" * 6, "пароль-сегодня7", "s3cret\x7f\x01words9Q", "ключ7Xq" * 3, "Ünïcödé9xK2m"]
)
@pytest.mark.parametrize(
    "around",
    [
        "sid=%s", "password=%s&x=1", "password=%s;x", "x?password=%s#y", "password: %s\n",
        "password: %s", "password = '%s'\n", '{"password": "%s"}', '\\"password\\": \\"%s\\"',
        "<password>%s</password>", "<a:password>%s</a:password>", '<password value="%s"/>',
        "Cookie: sid=%s; a=1\n", "api_key,%s\n", "api_key\t%s\n", "| password | %s |",
        "export PASSWORD=%s\n", "https://user:%s@host/", 'name="password"\r\n\r\n%s\r\n--x',
    ],
)  # fmt: skip
def test_values_of_other_than_ascii_in_any_cut(around: str, value: str) -> None:
    """What is written of a value beside a name is the same wherever it is cut, or in a letter."""
    body = (around % value).encode()
    whole, _, _ = written([body], default_search())
    start = body.index(value.encode())
    end = start + len(value.encode())
    for one in range(start, end + 1):
        for two in (one, min(one + 3, end), end):
            assert written([body[:one], body[one:two], body[two:]], default_search())[0] == whole


def test_patterns_of_the_user() -> None:
    """A pattern of one's own is found over any cut within a line; its group is what is masked."""
    search = Search(more=(("badge", r"badge no\. (\d+ \d+)"),))
    body = b"one\nhis badge no. 123 456, yes\nlast"
    for place in range(len(body)):
        final, states, kinds = written([body[:place], body[place:]], search)
        assert final == b"one\nhis badge no. *** ***, yes\nlast".replace(b"*** ***", b"*" * 7)
        assert kinds == ["badge"]
        assert not any(b"123" in state for state in states)


def test_kinds_can_be_switched_off() -> None:
    """A kind that is off is not looked for."""
    text = MAKERS["github"](random.Random(1))[0].encode()
    assert default_search().find(text)
    assert not Search(off=("github",)).find(text)


def test_masked_again_is_the_same() -> None:
    """What was masked holds nothing to mask."""
    rng = random.Random(7)
    body = b"\n".join(b'"x":"%s"' % make(rng)[0].encode() for make in MAKERS.values())
    once = written([body], default_search())[0]
    assert written([once], default_search()) == (once, [once, once], [])


def test_hostile_text_takes_linear_time() -> None:
    """Text made to slow expressions down doesn't."""
    search = default_search()
    for hostile in (
        b'"password":"' + b"\\" * 60_000,
        b'"api_key":"' * 6000,
        b"-----BEGIN PRIVATE KEY-----" * 3000,
        b"eyJ" + b"A." * 40_000,
        b"aws" * 20_000,
        b"://" * 20_000,
        b"sk-" + b"a-" * 40_000,
        b"key=" * 20_000,
    ):
        redactor = BodyRedactor(search)
        for start in range(0, len(hostile), 5000):
            redactor.feed(hostile[start : start + 5000])
        redactor.close()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32), st.lists(st.integers(0, 200_000), max_size=8))
def test_large_chunks_are_masked_as_small_ones(seed: int, at: list[int]) -> None:
    """What is searched by the quick way, without a copy, comes out as what is searched in full."""
    rng = random.Random(seed)
    pieces = [FILLERS[0] * rng.randrange(500) + b"x" * rng.randrange(9000)]
    for _ in range(rng.randrange(3)):
        text, _secret = MAKERS[rng.choice(list(MAKERS))](rng)
        pieces += [b'"' + text.encode() + b'"', FILLERS[0] * rng.randrange(800)]
    body = b"".join(pieces)
    expected, _, kinds = written(cut(body, list(range(0, len(body), 3000))), default_search())
    final, _, found = written(cut(body, at), default_search())
    assert final == expected
    assert set(found) == set(kinds)


def test_quick_finders_ask_for_every_literal() -> None:
    """A large text that holds any one literal is searched in full."""
    search = default_search()
    assert search.literals.all
    for literal in search.literals.all:
        assert search.hits(FILLERS[2] * 400 + literal + FILLERS[2] * 400), literal


def test_every_expression_compiles() -> None:
    """They are compiled when a literal of theirs occurs, which must not be the first time."""
    for pattern in (*PATTERNS, *OPEN):
        assert list(pattern.spans(b"")) == []
        for more in filter(None, (pattern._parts, pattern._more)):
            re.compile(more)


@pytest.mark.parametrize("newline", ["\n", "\\n"])
@pytest.mark.parametrize("size", [700, 5000, 90_000])
def test_a_private_key_of_any_length(newline: str, size: int) -> None:
    """A key that is longer than what can be held back is masked to its end, at any cut."""
    rng = random.Random(size)
    lines = ["".join(rng.choices(B62, k=64)) for _ in range(1200)]
    begin, end = (f"-----{word} RSA PRIVATE KEY-----" for word in ("BEGIN", "END"))
    body = newline.join(
        ["data: x", begin, *lines, "AbCd12==", end, "and on it goes 1234\n"]
    ).encode()
    chunks = [body[n : n + size] for n in range(0, len(body), size)]
    final, states, _ = written(chunks, default_search())
    for line in lines:
        assert not any(line[8:].encode() in state for state in (final, *states[-3:], *states[::40]))
    assert final.endswith(f"{end}{newline}and on it goes 1234\n".encode())
    assert written([body], default_search())[0].count(b"*") == final.count(b"*")


@given(
    at=st.lists(st.integers(1, 900), max_size=40),
    lines=st.lists(st.integers(0, 9), min_size=1, max_size=5),
)
def test_long_documents_are_looked_at_less_often(at: list[int], lines: list[int]) -> None:
    """Where paths are masked, an open document is read again only when it has grown by half."""
    search = Search(json_paths=("$.items[*].email",))
    items = [{"email": f"user{n}@h.example", "n": n} for n in range(9)]
    body = b"".join(
        b"data: %b\n\n" % json.dumps({"items": items[:n], "api_key": "q7Rk2mZx9vBt4cLw"}).encode()
        for n in lines
    )
    whole, _, _ = written([body], search)
    assert b"@h.example" not in whole
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("streamtape.secrets.streaming.LOOKED_AT_BYTES", 16)
        final, states, _ = written(cut(body, at), search)
    assert final == whole
    assert not any(b"@h.example" in state for state in states)


def test_a_long_document_is_read_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each chunk."""
    n_read = 0
    real = json_spans.documents

    def counted(body: bytes) -> Iterator[json_spans.Document]:
        nonlocal n_read
        n_read += len(body)
        return real(body)

    monkeypatch.setattr("streamtape.secrets.streaming.documents", counted)
    body = json.dumps([{"email": "a@h.example", "n": n} for n in range(5_000)]).encode()
    chunks = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    redactor, final = BodyRedactor(Search(json_paths=("$[*].email",))), bytearray()
    for data in [*chunks, b""]:
        masked = redactor.feed(data) if data else redactor.close()
        final += masked.shown
        for offset, patch in masked.patches:
            final[offset : offset + len(patch)] = patch
    assert len(final) == len(body)
    assert b"@" not in final
    assert n_read < 20 * len(body)
