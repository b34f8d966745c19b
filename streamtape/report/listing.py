"""The recordings of a folder, one row each: name, time, prompt, ending, size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from streamtape.analysis.requested_model import requested_model
from streamtape.printable import printable
from streamtape.report.lines import Line, line, one_line
from streamtape.report.side_by_side import cells
from streamtape.tape.http_values import split_url
from streamtape.tape.model import Cassette, Interaction
from streamtape.units import count, moment, size

_GAP = "  "
_MAX_PROMPT = 2000  # characters of it that anybody reads
_MIN_PROMPT = 24  # cells of the prompt, below which a row is put below its name


@dataclass(frozen=True, slots=True)
class Listed:
    """One file: what its recording is about, or why it can't be read.

    `kind` is `cassette`, `journal` (a recording that goes on, or died) or `set aside` (of a test
    that failed). Of several interactions `started_at_us`, `method`, `url`, `model` are the first's;
    `endings` counts all of them by how they ended, with the status where it is an error's.
    """

    path: str
    kind: str
    n_bytes: int
    interactions: int = 0
    started_at_us: int | None = None
    method: str = ""
    url: str = ""
    model: str = ""
    endings: tuple[tuple[str, int], ...] = ()
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        return {
            **asdict(self),
            "endings": dict(self.endings),
            "model": self.model or None,
            "error": self.error or None,
        }

    @property
    def prompt(self) -> str:
        """The request: the model, where one is named, and the address without its scheme."""
        parts = split_url(self.url) if self.url.isprintable() else None
        where = f"{parts.netloc}{parts.path}" if parts is not None and parts.netloc else self.url
        more = f" and {self.interactions - 1} more" if self.interactions > 1 else ""
        return printable(" ".join(filter(None, (self.model, self.method, where))) + more)

    @property
    def ended(self) -> str:
        """How it ended, or what the file is where that says more."""
        if self.error:
            return "unreadable"
        if self.kind == "journal":
            return "journal"
        if not self.interactions:
            return "empty"
        if len(self.endings) == 1:
            return self.endings[0][0]
        return ", ".join(f"{n} {name}" for name, n in self.endings)


def listed(path: str, kind: str, n_bytes: int, cassette: Cassette) -> Listed:
    """The row of a cassette, or of what is in a journal."""
    first = cassette[0] if len(cassette) else None
    return Listed(
        path=path,
        kind=kind,
        n_bytes=n_bytes,
        interactions=len(cassette),
        started_at_us=first.started_at_us if first else None,
        method=first.request.method if first else "",
        url=first.request.url if first else "",
        model=requested_model(first) if first else "",
        endings=tuple(Counter(map(_ending, cassette)).items()),
    )


def _ending(interaction: Interaction) -> str:
    head, kind = interaction.head, interaction.ending.kind
    if head is None or head.status < 400:
        return kind
    return str(head.status) if kind == "complete" else f"{head.status} {kind}"


def listing_lines(found: Sequence[Listed], *, width: int | None) -> Iterator[Line]:
    """A row a file, in columns; below each other where they have no room; then the sum.

    Without a width, nothing is shortened.
    """
    names = [printable(one.path) for one in found]
    when = [_when(one) for one in found]
    ended = [printable(one.ended) for one in found]
    sizes = [size(one.n_bytes).rpartition(" ")[0] for one in found]
    widths = [max(map(cells, column), default=0) for column in (names, when, ended, sizes)]
    room = None if width is None else width - sum(widths) - len(_GAP) * 4
    for one, *row in zip(found, names, when, ended, sizes, strict=True):
        prompt = one.error or one.prompt
        if width is None or room is None:
            yield _in_columns(one, row, widths, one_line(prompt, _MAX_PROMPT))
        elif room >= _MIN_PROMPT:
            yield _in_columns(one, row, widths, one_line(prompt, room))
        else:
            yield from _in_rows(one, row, prompt, width)
    total = sum(one.n_bytes for one in found)
    yield line((count(len(found), "file"), "title"), f", {size(total)}")
    if any(one.kind == "journal" for one in found):
        yield line(("a journal is a recording that goes on, or died: streamtape recover", "dim"))


def _when(one: Listed) -> str:
    return moment(one.started_at_us) if one.started_at_us is not None else "–"


def _style(one: Listed) -> str:
    if one.error or any(not name.startswith("complete") for name, _ in one.endings):
        return "bad" if one.error else "warn"
    return "good"


def _in_columns(one: Listed, row: Sequence[str], widths: Sequence[int], prompt: str) -> Line:
    name, when, ended, n_bytes = row
    return line(
        (_padded(name, widths[0]), "title"),
        _GAP,
        (_padded(when, widths[1]), "dim"),
        _GAP,
        (_padded(ended, widths[2]), _style(one)),
        _GAP,
        f"{n_bytes:>{widths[3]}}",
        _GAP,
        prompt,
    )


def _in_rows(one: Listed, row: Sequence[str], prompt: str, width: int) -> Iterator[Line]:
    name, when, ended, n_bytes = row
    yield line((name, "title"))
    if prompt:
        yield line("  ", one_line(prompt, max(width - 2, 1)))
    yield line("  ", (ended, _style(one)), f", {n_bytes} bytes")
    if one.started_at_us is not None:
        yield line("  ", (when, "dim"))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))
