"""What other tools get of recordings: rows of tables, spans, shards, notebooks, of all secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path

import httpx

import streamtape
from streamtape.tabular.schema import TABLES
from tools.attacks.planted.commands import run
from tools.attacks.planted.sample import (
    Secret,
    encoded,
    files_below,
    save_streams,
    save_unmasked,
)
from tools.attacks.planted.sessions import ask, echo_server

_FRAMED = 40  # interactions of which a notebook shows a page
_ALONE = ("--jobs", "1")


def _saved(secrets: Sequence[Secret], folder: Path) -> Path:
    """A folder of two cassettes that were never masked: of bodies, and of a provider's streams."""
    place = folder / "recordings"
    place.mkdir()
    save_unmasked(secrets, place / "raw.tape")
    save_streams(secrets, place / "streams.tape")
    return place


def tables(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Values of exported Parquet files, and what `sql` prints of recordings and of those."""
    from pyarrow import parquet

    recordings, out = _saved(secrets, folder), folder / "tables"
    yield "export: output", encoded([run("export", recordings, "-o", out, *_ALONE).output])
    values: dict[str, list[object]] = {}
    for path in sorted(out.rglob("*.parquet")):
        read = parquet.ParquetFile(path)
        table = path.relative_to(out).parts[0].removesuffix(".parquet")
        values.setdefault(table, []).extend((read.metadata.metadata, *read.read().to_pylist()))
    for table, rows in values.items():
        yield f"export: rows of {table}", encoded(rows)
    for table in TABLES:
        for form in ("", "--csv", "--json"):
            made = [
                run("sql", f"SELECT * FROM {table}", where, *form.split(), *more).output
                for where, more in ((recordings, ("--no-cache", *_ALONE)), (out, ()))
            ]
            yield f"sql {form or 'as a table'}: {table}", encoded(made)


def sql_errors(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What `sql` says of queries that fail, with a secret in them."""
    recordings = _saved(secrets[:1], folder)
    options = ("--no-cache", *_ALONE)
    queries = [f"SELECT '{s.free}'::INT, 'api_key={s.text}'" for s in secrets]
    yield "sql: errors", encoded(run("sql", q, recordings, *options).output for q in queries)


def spans(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What a collector of OpenTelemetry gets, and what is said of one that is not there."""
    from tests.otlp.collector import collecting

    recordings = _saved(secrets, folder)
    with collecting() as collector:
        to = ("--to", "otlp", "--endpoint", collector.url)
        output = run("export", recordings, *to, *_ALONE)
        assert output.exit_code == 0, output.output
        yield "export --to otlp: output", encoded([output.output])
        yield "export --to otlp: spans", encoded([collector.paths, *collector.requests])


def shards(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Shards of what was recorded, and what is unpacked of them."""
    with echo_server() as url:
        for number, half in enumerate((secrets[::2], secrets[1::2])):
            path = folder / "recorded" / f"{number}.tape"
            with streamtape.use_cassette(path), httpx.Client() as client:
                for secret in half:
                    ask(client, url, secret)
    out, unpacked = folder / "shards", folder / "unpacked"
    output = run("pack", folder / "recorded", "-o", out).output
    output += run("pack", "--unpack", out, "-o", unpacked).output
    assert len(list(unpacked.rglob("*.tape"))) == 2, output
    yield "pack: shards", encoded([output]) + files_below(out) + files_below(unpacked)


def notebooks(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What a notebook shows of values: `_repr_html_`, with the page in its frame unescaped."""
    recordings = _saved(secrets, folder)
    other = streamtape.load(save_streams([Secret("nothing")] * len(secrets), folder / "o.tape"))
    shown: dict[str, list[str]] = {}

    def show(name: str, value: object) -> None:
        html = value._repr_html_()  # type: ignore[attr-defined]  # what notebooks call
        shown.setdefault(name, []).extend((html, unescape(html), unescape(unescape(html))))

    for name in ("raw", "streams"):
        cassette = streamtape.load(recordings / f"{name}.tape")
        for at in range(0, len(cassette), _FRAMED):
            some = streamtape.Cassette(cassette[at : at + _FRAMED], cassette.path)
            show("cassette", some)
            show("stats", streamtape.stats(some))
            show("comparison", streamtape.diff(some, streamtape.Cassette(other[: len(some)])))
        for one in cassette:
            show("transcript", one.transcript())
        show("interaction", cassette[0])
        show("interaction", cassette[-1])
    for kind, texts in shown.items():
        yield f"notebook: {kind}", encoded(texts)
