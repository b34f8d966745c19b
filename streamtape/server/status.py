"""The page at `/`: what was played, what is left, what was missed; as HTML or as JSON. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape as _escape
from pathlib import PurePath

from streamtape.printable import printable, printable_json
from streamtape.server.cassette_index import CassetteIndex
from streamtape.tape.http_values import split_url
from streamtape.tape.texts import masked_text

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>streamtape replay</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>{style}</style>
<h1>streamtape replay</h1>
<p>{url}: {played} of {count} interactions played, {missed} missed.</p>
{misses}
<h2>interactions</h2>
<div><table><tr><th>request<th>cassette<th class="n">status<th>ending<th class="n">pieces\
<th class="n">played{rows}</table></div>
</html>
"""
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
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# The page loads nothing and runs nothing, whatever a cassette made it show.
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
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


def escape(text: str) -> str:
    """The text as HTML, made printable, without secrets."""
    return _escape(masked_text(printable(text)))


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
    rows = "".join(map(_row, _rows(cassettes)))
    misses = "".join(
        f"<h2>missed: {escape(miss.line)}</h2>\n<pre>{escape(miss.text)}</pre>\n"
        for miss in reversed(cassettes.misses)
    )
    played = sum(1 for n in cassettes.tape.plays if n)
    missed = f"{cassettes.n_missed} request{'' if cassettes.n_missed == 1 else 's'}"
    counts = {"played": played, "count": len(cassettes.books), "missed": missed}
    return _PAGE.format(url=escape(url), rows=rows, misses=misses, style=_STYLE, **counts).encode()


def _row(row: dict[str, object]) -> str:
    method, _, url = str(row["request"]).partition(" ")
    parts = split_url(url)
    address = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    place = str(row["cassette"])
    name = "/".join(PurePath(place).parts[-2:])
    cells = [
        f"<td>{escape(method)} {escape(address)} <small>{escape(parts.netloc)}</small>",
        f'<td title="{escape(place)}">{escape(name)} <small>#{row["interaction"]}</small>',
        f'<td class="n">{"none" if row["status"] is None else row["status"]}',
        f"<td>{escape(str(row['ending']))}",
        f'<td class="n">{row["chunks"] or row["messages"]}',
        f'<td class="n">{row["played"] or "–"}',
    ]
    return f"\n<tr{'' if row['played'] else ' class=left'}>{''.join(cells)}"
