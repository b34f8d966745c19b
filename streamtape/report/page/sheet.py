"""Reports made of lines as one HTML file: a card a report, no script, nothing loaded.

The same lines as in a terminal (`report.lines`): every text is escaped, a style's name is a class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamtape.printable import printable, printable_line
from streamtape.report.lines import STYLES, Line
from streamtape.report.page.document import escaped, part, policy
from streamtape.tape.texts import masked_text

Report = tuple[str, Iterable[Line]]


def sheet(title: str, reports: Iterable[Report]) -> str:
    """A page of reports, each under its heading."""
    style = part("page.css") + part("sheet.css")
    told = escaped(printable(title))
    return "".join([
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(style)}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="color-scheme" content="light dark">\n<meta name="generator" '
        f'content="streamtape">\n<title>{told}</title>\n<style>{style}</style>\n</head>\n<body>\n',
        '<header id="top"><div class="brand"><span class="mark" aria-hidden="true"></span>',
        f'<strong>streamtape</strong></div><div id="where">{told}</div></header>\n',
        '<main class="sheet">\n',
        masked_text("".join(_cards(reports))),
        "</main>\n</body>\n</html>\n",
    ])  # fmt: skip


def _cards(reports: Iterable[Report]) -> Iterator[str]:
    for name, lines in reports:
        heading = f"<h2>{escaped(printable(name))}</h2>" if name else ""
        yield f"<section>{heading}<pre>{''.join(map(_row, lines))}</pre></section>\n"


def _row(line: Line) -> str:
    spans = (
        f'<span class="{span.style}">{escaped(printable_line(span.text))}</span>'
        if span.style in STYLES
        else escaped(printable_line(span.text))
        for span in line
    )
    return "".join(spans).rstrip() + "\n"
