"""One moment of an act as lines of a screen: the text so far, progress, and the position.

The lines are exactly as many as the screen has rows, and none is wider than it. The text follows
its end, or is scrolled back by `View.scroll` lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from streamtape.report.lines import Line, Span, line
from streamtape.report.play.prompts import Prompt
from streamtape.report.play.scenes import Act, GrowingText, Scene, untimed_note
from streamtape.report.play.wrapping import wrapped_text
from streamtape.report.side_by_side import cells, wrapped
from streamtape.units import duration

MIN_COLUMNS, MIN_ROWS = 20, 6
_CHROME_ROWS = 4  # heading, rule, progress, status
_BETWEEN = " │ "
_PROMPT_LINES = 3
_ARROW = " → "
_MIN_REQUEST = 8
_CURSOR = "▌"
_STYLES = {
    "text": "", "reasoning": "dim", "refusal": "warn", "arguments": "call", "code": "text",
    "prompt": "dim",
}  # fmt: skip
_LABELS = {"reasoning": "dim", "prompt": "dim", "arguments": "call", "refusal": "warn"}
_MARKS = {"arguments": "⚙ ", "reasoning": "∴ ", "prompt": "❯ "}


@dataclass(frozen=True, slots=True)
class View:
    """The screen's size in cells, and what the player says beside the recording.

    `state` is shown before the clock (playing, paused), `note` after it; `place` is the act's
    number and how many there are.
    """

    columns: int = 80
    rows: int = 24
    scroll: int = 0
    state: str = "▸"
    note: str = ""
    place: tuple[int, int] = (0, 1)


def screen(act: Act, at_us: int, view: View) -> list[Line]:
    """The whole screen at one moment."""
    columns, rows = max(view.columns, MIN_COLUMNS), max(view.rows, MIN_ROWS)
    body_rows = rows - _CHROME_ROWS
    widths = _widths(len(act.scenes), columns)
    sides = [
        [*_heading(scene, width), *_body(scene, at_us, width, body_rows, view.scroll)]
        for scene, width in zip(act.scenes, widths, strict=True)
    ]
    body = [_beside([side[row] for side in sides], widths) for row in range(body_rows + 2)]
    return [*body, progress(act, at_us, columns), _status(act, at_us, view, columns)]


def rows_needed(act: Act, columns: int) -> int:
    """How many rows a screen needs to show all of an act's text at its end."""
    widths = _widths(len(act.scenes), columns)
    lengths = (
        sum(block.n_lines for block in _blocks(scene, act.length_us, width))
        for scene, width in zip(act.scenes, widths, strict=True)
        if scene is not None
    )
    return max(lengths, default=0) + _CHROME_ROWS


def _widths(n: int, columns: int) -> list[int]:
    room = columns - len(_BETWEEN) * (n - 1)
    return [max(room // n, 1)] * (n - 1) + [max(room - room // n * (n - 1), 1)]


def _beside(parts: list[Line], widths: list[int]) -> Line:
    spans: list[Span] = []
    for number, (part, width) in enumerate(zip(parts, widths, strict=True)):
        if number:
            spans.append(Span(_BETWEEN, "dim"))
        fitting = next(wrapped(part, width), ())
        spans += fitting
        if number < len(parts) - 1:
            spans.append(Span(" " * (width - sum(cells(span.text) for span in fitting))))
    return tuple(span for span in spans if span.text)


def _heading(scene: Scene | None, width: int) -> list[Line]:
    if scene is None:
        return [line((clipped("no more interactions", width), "dim")), ()]
    name = clipped(scene.name, width)
    room = width - cells(name) - 2 - cells(scene.answer) - len(_ARROW)
    fitting = (text for text in (scene.request, scene.short_request) if cells(text) <= room)
    request = next(fitting, clipped(scene.short_request, room) if room > _MIN_REQUEST else "")
    shown = f"{request}{_ARROW}" if request else ""
    answer = clipped(scene.answer, width - cells(name) - 2 - cells(shown))
    rule = "─" * width
    return [
        line((name, "title"), "  ", (shown, "dim"), (answer, scene.answer_style)),
        line((rule, "dim")),
    ]


@dataclass(frozen=True, slots=True)
class _Block:
    """Some lines of the body: a heading, or as much of a text as has come."""

    text: str
    length: int
    width: int
    style: str
    indent: str = ""
    prefix: str = ""
    limit: int = 0
    cursor: str = ""

    @property
    def n_lines(self) -> int:
        found = wrapped_text(self.text, self.width).n_lines(self.length)
        return min(found, self.limit) if self.limit else found

    def line(self, number: int) -> Line:
        text = wrapped_text(self.text, self.width).line(number, self.length).rstrip(" ")
        before = self.prefix if not number else self.indent
        cursor = self.cursor if number == self.n_lines - 1 else ""
        return line((before, self.style), (text, self.style), (cursor, "dim"))


def _body(scene: Scene | None, at_us: int, width: int, rows: int, scroll: int) -> list[Line]:
    """The last rows of what there is at a moment, scrolled back by so many lines."""
    if scene is None:
        return [()] * rows
    blocks = [*_blocks(scene, at_us, width)]
    skipped = min(scroll, max(sum(block.n_lines for block in blocks) - rows, 0))
    found: list[Line] = []
    for block in reversed(blocks):
        for number in range(block.n_lines - 1, -1, -1):
            if skipped:
                skipped -= 1
                continue
            if len(found) == rows:
                break
            found.append(block.line(number))
    found.reverse()
    return found + [()] * (rows - len(found))


def _blocks(scene: Scene, at_us: int, width: int) -> Iterator[_Block]:
    room = max(width - 2, 1)
    prompt = scene.prompt.text
    if prompt:
        yield _Block(
            prompt, len(prompt), room, "dim", "  ", prompt_mark(scene.prompt), _PROMPT_LINES
        )
        yield _plain("", width)
    begun = [text for text in scene.texts if text.times_us[0] <= at_us]
    latest = max(begun, key=lambda text: text.grew_us(at_us), default=None)
    for number, text in enumerate(begun):
        if number:
            yield _plain("", width)
        if text.label:
            label = f"{_MARKS.get(text.kind, '')}{text.label}"
            yield _plain(label, width, _LABELS.get(text.kind, "label"))
        is_growing = text is latest and at_us < scene.length_us
        yield _text(text, at_us, width, cursor=_CURSOR if is_growing else "")
    if at_us >= scene.length_us:
        yield _plain("", width)
        yield _plain(_outcome(scene), width, scene.ending_style)


def _text(text: GrowingText, at_us: int, width: int, *, cursor: str) -> _Block:
    indent = "  " if text.label else ""
    room = max(width - len(indent) - len(_CURSOR), 1)
    style = _STYLES.get(text.kind, "")
    return _Block(text.content, text.length_at(at_us), room, style, indent, indent, 0, cursor)


def _plain(text: str, width: int, style: str = "") -> _Block:
    shown = text or " "
    return _Block(shown, len(shown), width, style)


def _outcome(scene: Scene) -> str:
    mark = {"good": "✓", "warn": "!", "bad": "✗"}.get(scene.ending_style, "")
    return f"{mark} {scene.ending}"


def prompt_mark(prompt: Prompt) -> str:
    """What is shown before a prompt: it is a user's, or the result of a tool."""
    return _MARKS["arguments"] if prompt.is_tool else "❯ "


def progress(act: Act, at_us: int, columns: int) -> Line:
    """A bar over the whole width: what has played, and what is to come; waits are dashed."""
    length = max(act.length_us, 1)
    done = min(round(at_us / length * columns), columns)
    waits = [wait for scene in act.playing for wait in scene.waits]
    spans: list[Span] = []
    for column in range(columns):
        middle = (column + 0.5) / columns * length
        is_wait = any(begin <= middle < end for begin, end in waits)
        style = ("warn" if is_wait else "label") if column < done else "dim"
        letter = ("╍" if is_wait else "━") if column < done else ("┄" if is_wait else "─")
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + letter, style)
        else:
            spans.append(Span(letter, style))
    return tuple(spans)


def _status(act: Act, at_us: int, view: View, columns: int) -> Line:
    """State, clock, events, the wait that is going on; at the right which interaction it is."""
    length = act.length_us
    at = min(at_us, length)
    clock = f"{view.state} {at / 1e6:.2f} / {length / 1e6:.2f} s"
    counts = " · ".join(
        f"{scene.n_events_at(at):,}/{len(scene.event_times_us):,}" for scene in act.playing
    )
    waits = [wait for scene in act.playing if (wait := scene.wait_at(at))]
    waiting = f"waiting {duration(max(end - begin for begin, end in waits))}" if waits else ""
    notes = next(filter(None, map(untimed_note, act.playing)), "")
    number, n = view.place
    place = f"{number + 1} of {n}" if n > 1 else ""
    parts = [
        (clock, ""),
        (view.note, "label"),
        (f"{counts} events", "dim"),
        (waiting, "warn"),
        (notes, "warn"),
    ]
    spans: list[Span] = []
    room = columns - (len(place) + 2 if place else 0)
    for text, style in parts:
        if text and sum(cells(s.text) for s in spans) + cells(text) + 2 <= room:
            spans += [Span("  ")] if spans else []
            spans.append(Span(text, style))
    used = sum(cells(span.text) for span in spans)
    if place:
        spans += [Span(" " * max(columns - used - len(place), 1)), Span(place, "dim")]
    return tuple(spans)


def clipped(text: str, room: int) -> str:
    """The text in one line of at most so many cells; what was left out is marked."""
    shown = text.replace("\n", "↵")
    if cells(shown) <= room:
        return shown
    while shown and cells(shown) > room - 1:
        shown = shown[: max(room - 1, 0)] if len(shown) > room else shown[:-1]
    return f"{shown}…" if room > 0 else ""
