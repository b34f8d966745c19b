"""Plant secrets of every kind in every place, record them, and count what was written.

Each kind (the table of shapes, and a value that only its name gives away) is put into each place of
an exchange: the request line, headers both ways, bodies in all encodings and escapes, cut at every
byte or spelled in deltas, messages of errors. What the journal and the cassette hold is searched
for the secret. So is all that is made and said of recordings and requests with secrets in them,
masked or not (`tools/attacks/planted`): snapshots, pages, reports, errors, logs, what servers
answer, what pytest prints, what a killed program leaves.

    python tools/attacks/plant.py        counts by place and by kind; exit code 1 where any is left
    python tools/attacks/plant.py --markdown  the table by place
    python tools/attacks/plant.py --every 12 --first 3  a twelfth of the kinds: `--first 0` to
                                         `--first 11` are all of them
    python tools/attacks/plant.py --only mocks --only tables  groups of what is made and said
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import warnings
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import streamtape
from streamtape.cli.app import cli
from streamtape.content import encode
from streamtape.secrets.kinds import KINDS
from streamtape.secrets.unescape import unescaped
from streamtape.tape.messages import Message
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Headers, Interaction, Request
from streamtape.tape.redact import Redactor
from streamtape.tape.scanning import mask, scan
from streamtape.tape.store import TapeFile, save
from streamtape.tape.texts import unpacked
from tests.tape.planting import B62, MAKERS, example, of
from tools.attacks.planted import commands, products, servers, services, sessions
from tools.attacks.planted.sample import Secret

URL = "https://api.example/v1/x"
JSON = (b"content-type", b"application/json")
TEXT = (b"content-type", b"text/plain")
XML = (b"content-type", b"text/xml")
HTML = (b"content-type", b"text/html")
FORM = (b"content-type", b"application/x-www-form-urlencoded")
SSE = (b"content-type", b"text/event-stream")
UNSHAPED = "known by its name alone"


Result = tuple[str, str, bool]  # a place, a kind, whether it was left there
Maker = Callable[[list[Secret], Path], Iterator[tuple[str, bytes]]]
Pair = tuple[bytes, bytes]
Body = Callable[[str], bytes]


# All that is said and made of recordings and requests with secrets in them.
TELLERS: tuple[Maker, ...] = (
    commands.reports, commands.arguments, commands.documents, commands.migrated,
    sessions.errors, sessions.killed, sessions.reports_of_pytest,
    servers.replay_server, servers.proxy, servers.logs,
    services.flight_recorder, services.dashboards, services.mocks, services.record_missing,
    products.tables, products.sql_errors, products.spans, products.shards, products.notebooks,
)  # fmt: skip


class Location(NamedTuple):
    """Where a secret is put; `named` says that a name beside it gives it away."""

    name: str
    named: bool
    build: Callable[[str], Interaction]


def _made(
    url: str = URL, headers: Headers = (), body: bytes = b"", *, answer: Headers = (),
    pieces: list[bytes] | None = None, reason: str = "OK", message: str | None = None,
) -> Interaction:  # fmt: skip
    ending = Ending("complete", 9) if message is None else Ending("error", 9, "E", message)
    return Interaction(
        Request("POST", url, headers, body),
        Head(200, answer, 1, "HTTP/1.1", reason),
        Chunks.of(Chunk(2, piece) for piece in pieces or []),
        ending,
    )


def _requests() -> Iterator[Location]:
    def url(name: str, named: bool, text: str) -> Location:
        return Location(f"URL: {name}", named, lambda s: _made(text.replace("SECRET", s)))

    yield url("path", False, f"{URL}/SECRET/y")
    yield url("user", True, "https://SECRET@api.example/")
    yield url("password", True, "https://u:SECRET@api.example/")
    yield url("query", True, f"{URL}?a=1&api_key=SECRET&b=2")
    yield url("query, any name", False, f"{URL}?q=SECRET")
    yield url("query within a query", True, f"{URL}?to=https%3A%2F%2Fh%2F%3Ftoken%3DSECRET")
    yield url("fragment", True, f"{URL}#access_token=SECRET&state=1")
    yield url("fragment, any name", False, f"{URL}#SECRET")
    yield url("matrix parameter", True, f"{URL};sessionid=SECRET")

    def header(name: str, value: str, named: bool = True) -> Iterator[Location]:
        def build(secret: str, *, sent: bool) -> Interaction:
            pair = ((name.encode(), value.replace("SECRET", secret).encode("latin-1")),)
            return _made(headers=pair) if sent else _made(answer=pair)

        yield Location(f"request header: {name}", named, lambda s: build(s, sent=True))
        yield Location(f"response header: {name}", named, lambda s: build(s, sent=False))

    yield from header("Authorization", "Bearer SECRET")
    yield from header("X-Authentication", "SECRET")
    yield from header("x-aPi-kEy", "SECRET")
    yield from header("Cookie", "a=1; sid=SECRET")
    yield from header("Set-Cookie", "sid=SECRET; Path=/; HttpOnly")
    yield from header("Set-Cookie", "a=1; Path=/\nsid=SECRET; Path=/")
    yield from header("Set-Cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT, sid=SECRET")
    yield from header("Location", "https://h.example/cb#access_token=SECRET")
    yield from header("Referer", "https://h.example/?token=SECRET")
    yield from header("X-Note", "it is SECRET", named=False)


def _bodies() -> Iterator[Location]:
    texts: list[tuple[str, bool, tuple[bytes, bytes], str]] = [
        ("JSON field", True, JSON, '{"a":1,"api_key":"SECRET"}'),
        ("JSON field token", True, JSON, '{"token":"SECRET"}'),
        ("JSON field in odd case", True, JSON, '{"cLiEnT_sEcReT":"SECRET"}'),
        ("JSON object below a name", True, JSON, '{"client_secret":{"value":"SECRET"}}'),
        ("JSON list below a name", True, JSON, '{"api_keys":["SECRET"]}'),
        ("JSON name and value", True, JSON, '{"name":"x-api-key","value":"SECRET"}'),
        ("JSON text", False, JSON, '{"text":"it is SECRET, yes"}'),
        ("JSON text, behind a word", False, JSON, '{"id":"call_SECRET"}'),
        ("HTML, entities", False, HTML, "<p>it is ENTITIES, yes</p>"),
        ("code, escapes", False, TEXT, "a = 'it is CODED, yes'\n"),
        ("JSON in JSON", True, JSON, '{"a":"{\\"api_key\\":\\"SECRET\\"}"}'),
        ("JSON, first letter escaped", False, JSON, '{"text":"ESCAPED"}'),
        ("JSON, all escaped", False, JSON, '{"text":"ESCAPES"}'),
        ("JSON, slashes escaped", False, JSON, '{"text":"SLASHES"}'),
        ("URL in JSON, fragment", True, JSON, '{"u":"https://h/#access_token=SECRET&s=1"}'),
        ("form, first field", True, FORM, "access_token=SECRET&b=2"),
        ("form, later field", True, FORM, "a=1&client_secret=SECRET"),
        ("form, any name", False, FORM, "a=SECRET"),
        ("form, encoded", False, FORM, "a=ENCODED&b=1"),
        ("text", False, TEXT, "it is SECRET\nyes"),
        ("text, header line", True, TEXT, "X-Api-Key: SECRET\n"),
        ("XML element", True, XML, "<a><password>SECRET</password></a>"),
        ("code: double quotes", True, TEXT, 'client = OpenAI(api_key="SECRET")\n'),
        ("code: single quotes", True, TEXT, "const o = {apiKey: 'SECRET', n: 1};\n"),
        ("code: with a type", True, TEXT, 'api_key: str | None = "SECRET"\n'),
        ("code: an item", True, TEXT, "os.environ['OPENAI_API_KEY'] = 'SECRET'\n"),
        ("code: in a call", True, TEXT, 'key = os.getenv("API_KEY", "SECRET")\n'),
        ("shell: export", True, TEXT, "export OPENAI_API_KEY=SECRET\n"),
        ("shell: an option", True, TEXT, "tool --api-key SECRET --verbose\n"),
        ("shell: curl -u", True, TEXT, "curl -u user:SECRET https://h.example/\n"),
        ("YAML", True, TEXT, "auth:\n  token: SECRET\n"),
        ("YAML, in quotes", True, TEXT, "password: 'SECRET'\n"),
        ("YAML, name and value", True, TEXT, "- name: API_KEY\n  value: SECRET\n"),
        ("TOML", True, TEXT, '[auth]\napi_key = "SECRET"\n'),
        ("INI", True, TEXT, "[auth]\nsecret_key = SECRET\n"),
        (".env", True, TEXT, "A=1\nSERVICE_TOKEN=SECRET\nB=2\n"),
        ("XML attribute", True, XML, '<add key="ApiKey" value="SECRET"/>'),
        ("XML attribute of that name", True, XML, '<service apiKey="SECRET" id="1"/>'),
        ("Markdown", True, TEXT, "**API key:** `SECRET`\n"),
        ("head of a request", True, TEXT, "GET / HTTP/1.1\r\nCookie: a=1; sid=SECRET\r\n\r\n"),
        ("DSN", True, TEXT, "postgres://u:SECRET@h.example/db\n"),
        ("connection string", True, TEXT, "Server=h;User Id=u;Password=SECRET;\n"),
        ("code in JSON", True, JSON, '{"code":"api_key = \\"SECRET\\"\\nTOKEN=1\\n"}'),
        ("code in JSON in JSON", True, JSON,
         '{"a":"{\\"code\\":\\"password = \'SECRET\'\\"}"}'),
        ("base64", False, JSON, '{"data":"BASE64"}'),
        ("base64 in a data URL", False, JSON, '{"u":"data:text/plain;base64,BASE64"}'),
        ("base64 of JSON", True, JSON, '{"data":"NAMED64"}'),
        ("SSE", False, SSE, 'data: {"text":"SECRET"}\n\n'),
        ("NDJSON", False, (b"content-type", b"application/x-ndjson"), '{"t":"SECRET"}\n{"t":1}\n'),
        ("multipart field", True, (b"content-type", b"multipart/form-data; boundary=zz"),
         '--zz\r\nContent-Disposition: form-data; name="password"\r\n\r\nSECRET\r\n--zz--\r\n'),
        ("multipart file", False, (b"content-type", b"multipart/form-data; boundary=zz"),
         '--zz\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
         "SECRET\r\n--zz--\r\n"),
    ]  # fmt: skip
    for name, named, kind, text in texts:

        def body(secret: str, text: str = text) -> bytes:
            escapes = "".join(f"\\u{ord(c):04x}" for c in secret)
            forms = {
                "SECRET": secret,
                "ESCAPED": escapes[:6] + secret[1:],
                "ESCAPES": escapes,
                "ENTITIES": "".join(f"&#{ord(c)};" for c in secret),
                "CODED": "".join(f"\\x{ord(c):02x}" for c in secret),
                "SLASHES": secret.replace("/", "\\/"),
                "ENCODED": quote(secret, ""),
                "BASE64": b64encode(f"it is {secret}, yes".encode()).decode(),
                "NAMED64": b64encode(f'{{"a":1,"api_key":"{secret}"}}'.encode()).decode(),
            }
            return re.sub(
                "|".join(sorted(forms, key=len, reverse=True)), lambda found: forms[found[0]], text
            ).encode()

        def build(secret: str, way: str, body: Body = body, kind: Pair = kind) -> Interaction:
            if way == "request body":
                return _made(URL, (kind,), body(secret))
            data = body(secret)
            cut = [data] if way == "response body" else [bytes([byte]) for byte in data]
            return _made(answer=(kind,), pieces=cut)

        for way in ("request body", "response body", "response body, byte by byte"):
            yield Location(f"{way}: {name}", named, partial(build, way=way))
    for encoding in ("gzip", "deflate", "br", "zstd"):
        coded = (b"content-encoding", encoding.encode())

        def packed(
            secret: str, encoding: str = encoding, coded: tuple[bytes, bytes] = coded
        ) -> Interaction:
            data = encode.encode_whole(b'{"text":"%s"}' % secret.encode(), encoding)
            cut = len(data) // 2
            return _made(
                URL, (JSON, coded), data, answer=(JSON, coded), pieces=[data[:cut], data[cut:]]
            )

        yield Location(f"bodies: {encoding}", False, packed)


def _others() -> Iterator[Location]:
    yield Location("reason phrase", False, lambda s: _made(reason=f"bad key {s}"))
    yield Location("message of an error", False, lambda s: _made(message=f"no route for {s} there"))
    yield Location(
        "message of an error, URL", True, lambda s: _made(message=f"at https://u:{s}@h/?key={s}")
    )


def spelled(secret: str) -> Interaction:
    """A stream that spells a secret in deltas of a few characters."""
    frames = [
        b"event: response.output_text.delta\ndata: "
        + json.dumps({
            "type": "response.output_text.delta", "item_id": "m", "output_index": 0,
            "content_index": 0, "delta": secret[n : n + 4],
        }).encode() + b"\n\n"
        for n in range(0, len(secret), 4)
    ]  # fmt: skip
    return _made("https://h.example/v1/responses", answer=(SSE,), pieces=frames)


_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}")


def _decoded(text: bytes) -> bytes:
    """What a run of base64 stands for, from each place where it may begin."""
    plain = text.replace(b"-", b"+").replace(b"_", b"/")
    runs = (plain[at : len(plain) - (len(plain) - at) % 4] for at in range(4))
    return b" ".join(map(b64decode, runs))


_MOST_REASON = 123  # bytes of a control message


def in_messages(secret: Secret, folder: Path) -> Iterator[tuple[str, bool]]:
    """A dialogue of WebSocket messages that hold a secret: whole, in fragments, in closes."""
    text, free = secret.text.encode(), secret.free.encode()
    named = b'{"type":"session.update","api_key":"%b","note":"it is %b"}' % (text, free)
    third = len(named) // 3
    pieces = (named[:third], named[third : 2 * third], named[2 * third :])
    fragments = [("text", pieces[0]), ("continuation", pieces[1]), ("continuation", pieces[2])]
    dialogues: dict[str, list[tuple[str, bytes, bool]]] = {
        "text": [("text", named, True)],
        "binary": [("binary", named, True)],
        "fragments": [(kind, data, n == 2) for n, (kind, data) in enumerate(fragments)],
    }
    if len(free) <= _MOST_REASON:
        dialogues["a close"] = [("close", b"\x03\xe8" + free, True)]
        dialogues["a ping"] = [("ping", free, True)]
    for name, messages in dialogues.items():
        target = folder / "dialogue.tape"
        journal = TapeFile(target, Redactor()).open_journal()
        journal.request(0, Request("GET", "wss://h.example/v1/realtime", (), b""), 1, ())
        journal.head(0, Head(101, ((b"upgrade", b"websocket"),), 1), ())
        for side in ("client", "server"):
            for kind, data, final in messages:
                journal.message(0, Message(side, 2, kind, data, final))  # type: ignore[arg-type]  # words of tables
        raw = journal.journal_path.read_bytes()
        journal.ending(0, Ending("complete", 9))
        raw += journal.journal_path.read_bytes()
        (one,) = journal.commit()
        target.unlink()
        stored = b"\n".join(message.data for message in one.messages)
        yield f"WebSocket: {name}", leaked(secret.text, raw) or leaked(secret.text, stored)


class Searched:
    """What was written, escapes and a page's packed data undone, to be searched for secrets."""

    def __init__(self, data: bytes) -> None:
        runs = b" ".join(map(_decoded, _BASE64.findall(data)))
        self._forms = (data, unescaped(data).text, runs, b" ".join(unpacked(data)))

    def holds(self, secret: str) -> bool:
        """Whether a good part of a secret stands there."""
        third = len(secret) // 3
        parts = {secret[third : third + 12].encode(), secret[-12:].encode()}
        return any(part in form for form in self._forms for part in parts)


def leaked(secret: str, data: bytes) -> bool:
    """Whether a good part of a secret stands in what was written, spelled plainly or escaped."""
    return Searched(data).holds(secret)


def everything(interaction: Interaction) -> bytes:
    """All that an interaction holds, decoded."""
    request = interaction.request
    try:
        encoding = dict(request.headers).get(b"content-encoding", b"").decode()
        sent = encode.decode_whole(request.body, encoding) if encoding else request.body
    except streamtape.StreamtapeError:
        sent = request.body
    facts = (request.url, request.headers, interaction.head, interaction.ending)
    return repr(facts).encode() + sent + interaction.content


def recorded(secret: str, places: list[Location], folder: Path) -> Iterator[tuple[str, bool]]:
    """Record a secret in every place; whether the journal or the cassette holds it, by place."""
    redactor = Redactor()
    for number, place in enumerate(places):
        target = folder / f"{number}.tape"
        one = place.build(secret)
        journal = TapeFile(target, redactor).open_journal()
        request, found = redactor.redact_request(one.request)
        journal.request(0, request, 1, found)
        assert one.head is not None
        journal.head(0, *redactor.redact_head(one.head))
        for at_us, data in one.chunks:
            journal.chunk(0, at_us or 0, data)
        raw = journal.journal_path.read_bytes()
        journal.ending(0, one.ending)
        raw += journal.journal_path.read_bytes()
        cassette = journal.commit()
        target.unlink()
        yield (
            place.name,
            leaked(secret, raw) or any(leaked(secret, everything(i)) for i in cassette),
        )


def made_of(secret: str, folder: Path) -> Iterator[tuple[str, bool]]:
    """What is made of a recording whose deltas spell a secret."""
    cassette = streamtape.Cassette((spelled(secret),))
    path = folder / "spelled.tape"
    save(cassette, path)
    yield "snapshot of deltas", leaked(secret, streamtape.snapshot(cassette).encode())
    for name, args in (
        ("page of deltas (view)", ["view", str(path), "-o", str(folder / "x.html")]),
        ("report of deltas (diff)", ["diff", str(path), str(folder / "other.tape"), "--json"]),
        ("text of deltas (show)", ["show", str(path)]),
        ("output of scan", ["scan", str(path)]),
    ):
        save(streamtape.Cassette((spelled("nothing here"),)), folder / "other.tape")
        yield name, leaked(secret, _output(args, folder / "x.html"))
    masked = mask(cassette)
    yield "deltas after scan --fix", bool(scan(masked)) or leaked(secret, _assembled(masked))


def _output(args: list[str], page: Path) -> bytes:
    from click.testing import CliRunner

    result = CliRunner().invoke(cli, args)
    return result.output.encode() + (page.read_bytes() if page.exists() else b"")


def _assembled(cassette: streamtape.Cassette) -> bytes:
    return (cassette[0].transcript().text or "").encode()


def in_texts(kinds: Sequence[tuple[str, Secret]], makers: Sequence[Maker]) -> Iterator[Result]:
    """What is made and said of recordings and requests that hold all the secrets."""
    for maker in makers:
        with tempfile.TemporaryDirectory() as name:
            for place, data in maker([secret for _, secret in kinds], Path(name)):
                assert data, place
                searched = Searched(data)
                for kind, secret in kinds:
                    yield place, kind, searched.holds(secret.text)


def planted(kinds: Sequence[tuple[str, Secret]]) -> Iterator[Result]:
    """What recordings hold."""
    places = [*_requests(), *_bodies(), *_others()]
    with tempfile.TemporaryDirectory() as name:
        for kind, secret in kinds:
            chosen = [place for place in places if place.named or secret.has_shape]
            results = list(recorded(secret.text, chosen, Path(name)))
            results += in_messages(secret, Path(name))
            if secret.has_shape:
                results += made_of(secret.text, Path(name))
            for place, left in results:
                yield place, kind, left


_SPELLINGS = {"escaped", "percent", "slashes"}  # of other kinds: no kinds


def secrets_of(seed: int, every: int = 1, first: int = 0) -> list[tuple[str, Secret]]:
    """A secret of each kind, made up from the seed; `every` n-th of them from `first` on."""
    rng = random.Random(seed)
    kinds = [(f"{k.name} {k.shape}", Secret(example(k, rng))) for k in KINDS]
    others = ((name, make(rng)) for name, make in sorted(MAKERS.items()))
    more = [
        (f"other: {name}", Secret(text))
        for name, (text, secret) in others
        if text == secret and name not in _SPELLINGS
    ]
    chosen = [*kinds[first::every], *more[first::every]]
    return [*chosen, (UNSHAPED, Secret(of(rng, B62, 24), has_shape=False))]


def count(results: Iterable[Result]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """What was tried by place, left by place, and left by kind."""
    tried, by_place, by_kind = Counter[str](), Counter[str](), Counter[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for place, kind, left in results:
            tried[place] += 1
            if left:  # at once: a run of all kinds takes more than an hour
                print(f"written: {kind} in {place}", file=sys.stderr, flush=True)
            by_place[place] += left
            by_kind[kind] += left
    return tried, by_place, by_kind


def main() -> int:
    """Run from the command line; exit code 1 where a secret was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="only each n-th shape")
    parser.add_argument("--first", type=int, default=0, help="with --every: where to begin, from 0")
    parser.add_argument("--recorded", action="store_true", help="only what recordings hold")
    parser.add_argument(
        "--only", action="append", choices=[maker.__name__ for maker in TELLERS], metavar="NAME",
        help="only this group of what is made and said, such as mocks; may be repeated",
    )  # fmt: skip
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    kinds = secrets_of(options.seed, options.every, options.first)
    tellers = () if options.recorded else TELLERS
    if options.only:
        tellers = tuple(maker for maker in TELLERS if maker.__name__ in options.only)
    results = () if options.only else planted(kinds)
    tried, by_place, by_kind = count(chain(results, in_texts(kinds, tellers)))
    if options.markdown:
        print("| place | planted | written |\n|---|--:|--:|")
        print("\n".join(f"| {name} | {n} | {by_place[name]} |" for name, n in tried.items()))
    else:
        for name, n in by_place.items():
            if n:
                print(f"{name}: {n} of {tried[name]}")
        for name, n in by_kind.items():
            if n:
                print(f"  {name}: {n}")
    left = sum(by_place.values())
    total = sum(tried.values())
    what = f"{len(kinds)} kinds in {len(tried)} places"
    print(f"\n{what}: {left} of {total} written (seed {options.seed})")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
