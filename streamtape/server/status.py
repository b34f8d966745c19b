"""The page at `/`: what was played, what is left, what was missed; as HTML or as JSON. Pure."""

from __future__ import annotations

import json
from pathlib import PurePath

from streamtape.markup import Html, fill, join, policy
from streamtape.printable import printable, printable_json
from streamtape.server.cassette_index import CassetteIndex
from streamtape.tape.http_values import split_url
from streamtape.tape.texts import masked_text

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>streamtape replay</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>[[style]]</style>
<h1>streamtape replay</h1>
<p>[[url]]: [[played]] of [[count]] interactions played, [[missed]] missed.</p>
[[misses]]
<h2>interactions</h2>
<div><table><tr><th>request<th>cassette<th class="n">status<th>ending<th class="n">pieces\
<th class="n">played[[rows]]</table></div>
</html>
"""
_MISS = "<h2>missed: [[line]]</h2>\n<pre>[[why]]</pre>\n"
_ROW = """
<tr[[look]]><td>[[method]] [[address]] <small>[[host]]</small>\
<td title="[[place]]">[[name]] <small>#[[number]]</small>\
<td class="n">[[status]]<td>[[ending]]<td class="n">[[pieces]]<td class="n">[[played]]"""
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1rem; margin: 1.5rem 0 .3rem }
div { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem }
th, td { text-align: left; white-space: nowrap }
th { font-weight: 600 } .n { text-align: right; font-variant-numeric: tabular-nums }
.left { opacity: .6 } small { opacity: .7 }
pre { background: #8881; border-left: 3px solid #c40; margin: 0; padding: .6rem }
pre { overflow-x: auto }
"""
# The page loads nothing and runs nothing, whatever a cassette made it show.
_POLICY = f"{policy(_STYLE)}; frame-ancestors 'none'"
HEADERS = (
    (b"Cache-Control", b"no-store"),
    (b"Content-Security-Policy", _POLICY.encode()),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"no-referrer"),
)


def page(cassettes: CassetteIndex, url: str, *, accept: str) -> tuple[bytes, bytes]:
    """The content type and the page, in JSON for those who ask for it."""
    if "application/json" in accept and "text/html" not in accept:
        return b"application/json", _json(cassettes, url)
    return b"text/html; charset=utf-8", _html(cassettes, url)


def _rows(cassettes: CassetteIndex) -> list[dict[str, object]]:
    return [
        {
            "cassette": book.cassette,
            "interaction": book.number,
            "request": masked_text(
                f"{book.interaction.request.method} {book.interaction.request.url}"
            ),
            "status": book.interaction.head.status if book.interaction.head else None,
            "ending": book.interaction.ending.kind,
            "chunks": len(book.interaction.chunks),
            "messages": len(book.interaction.messages),
            "played": played,
        }
        for book, played in zip(cassettes.books, cassettes.tape.plays, strict=True)
    ]


def _shown(text: str) -> str:
    """The text made printable, without secrets."""
    return masked_text(printable(text))


def _json(cassettes: CassetteIndex, url: str) -> bytes:
    misses = [{"request": miss.line, "why": miss.text} for miss in cassettes.misses]
    value = {
        "url": url,
        "interactions": _rows(cassettes),
        "missed": cassettes.n_missed,
        "misses": misses,
    }
    text = printable_json(json.dumps(value, indent=2, ensure_ascii=False))
    return masked_text(text).encode()


def _html(cassettes: CassetteIndex, url: str) -> bytes:
    misses = (
        fill(_MISS, line=_shown(miss.line), why=_shown(miss.text))
        for miss in reversed(cassettes.misses)
    )
    return fill(
        _PAGE,
        style=Html(_STYLE),
        url=_shown(url),
        played=sum(1 for n in cassettes.tape.plays if n),
        count=len(cassettes.books),
        missed=f"{cassettes.n_missed} request{'' if cassettes.n_missed == 1 else 's'}",
        misses=join(misses),
        rows=join(map(_row, _rows(cassettes))),
    ).encode()


def _row(row: dict[str, object]) -> Html:
    method, _, url = str(row["request"]).partition(" ")
    parts = split_url(url)
    place = str(row["cassette"])
    return fill(
        _ROW,
        look=Html("" if row["played"] else " class=left"),
        method=_shown(method),
        address=_shown(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"),
        host=_shown(parts.netloc),
        place=_shown(place),
        name=_shown("/".join(PurePath(place).parts[-2:])),
        number=str(row["interaction"]),
        status="none" if row["status"] is None else str(row["status"]),
        ending=_shown(str(row["ending"])),
        pieces=str(row["chunks"] or row["messages"]),
        played=str(row["played"] or "–"),
    )
