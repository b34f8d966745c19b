"""The page at `/`: what was played, what is left, what was missed; as HTML or as JSON. Pure."""

from __future__ import annotations

import json
from html import escape

from streamtape.server.shelf import Shelf

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>streamtape replay</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #8884; padding: .3rem .6rem; text-align: left }}
td {{ overflow-wrap: anywhere }} .n {{ text-align: right }}
pre {{ background: #8881; overflow-x: auto; padding: .6rem }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #ddd }} }}
</style>
<h1>streamtape replay</h1>
<p>{url}: {played} of {count} interactions played, {missed} requests missed.</p>
<table><tr><th>cassette<th class="n">interaction<th>request<th>status<th>ending
<th class="n">chunks<th class="n">played{rows}</table>
{misses}
</html>
"""


def page(shelf: Shelf, url: str, *, accept: str) -> tuple[bytes, bytes]:
    """The content type and the page, in JSON for those who ask for it."""
    if "application/json" in accept and "text/html" not in accept:
        return b"application/json", _json(shelf, url)
    return b"text/html; charset=utf-8", _html(shelf, url)


def _rows(shelf: Shelf) -> list[dict[str, object]]:
    return [
        {
            "cassette": book.cassette,
            "interaction": book.number,
            "request": f"{book.interaction.request.method} {book.interaction.request.url}",
            "status": book.interaction.head.status if book.interaction.head else None,
            "ending": book.interaction.ending.kind,
            "chunks": len(book.interaction.chunks),
            "played": played,
        }
        for book, played in zip(shelf.books, shelf.tape.plays, strict=True)
    ]


def _json(shelf: Shelf, url: str) -> bytes:
    misses = [{"request": miss.line, "why": miss.text} for miss in shelf.misses]
    value = {"url": url, "interactions": _rows(shelf), "missed": shelf.n_missed, "misses": misses}
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def _html(shelf: Shelf, url: str) -> bytes:
    numbers = ("interaction", "chunks", "played")
    rows = "".join(
        "\n<tr>"
        + "".join(
            f"<td{' class=n' if name in numbers else ''}>{escape(str(value))}"
            for name, value in row.items()
        )
        for row in _rows(shelf)
    )
    misses = "".join(
        f"<h2>missed: {escape(miss.line)}</h2>\n<pre>{escape(miss.text)}</pre>\n"
        for miss in shelf.misses
    )
    played = sum(1 for n in shelf.tape.plays if n)
    counts = {"played": played, "count": len(shelf.books), "missed": shelf.n_missed}
    return _PAGE.format(url=escape(url), rows=rows, misses=misses, **counts).encode()
