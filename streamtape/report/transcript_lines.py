"""A transcript as lines: reasoning, text, refusal, tool calls, usage, the error.

Empty sections are left out.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from streamtape.printable import printable
from streamtape.report.events import compact
from streamtape.report.lines import Line, block, line
from streamtape.tape.events import Part, ToolCall, Transcript

_INDENT = "    "
# The channels that are shown, and how; tool arguments are shown with their calls.
_STYLES = {
    "reasoning": "dim", "text": "text", "refusal": "warn",
    "code": "", "output": "", "transcript": "",
}  # fmt: skip
_PLAIN_CALLS = frozenset({"function", "function_call"})


def transcript_lines(transcript: Transcript, width: int | None) -> Iterator[Line]:
    """The sections of a transcript that hold something."""
    choices = transcript.choices or (transcript,)
    for number, choice in enumerate(choices):
        which = f" {number}" if len(choices) > 1 else ""
        yield from _texts(choice, which, width)
        for call in choice.tool_calls:
            yield from _call(call, width)
    for image in transcript.images:
        yield line("  ", ("image     ", "label"), f"{image.n_bytes:,} bytes, sha256 {image.sha256}")
    yield from _facts(transcript, width)


def _texts(transcript: Transcript, which: str, width: int | None) -> Iterator[Line]:
    """Each text by itself, in the order in which they began."""
    for part in distinct_parts(transcript):
        style = _STYLES.get(part.channel)
        if style is not None:
            yield line("  ", (f"{part.channel}{which}", "label"))
            yield from block(part.text, _INDENT, width, style)


def distinct_parts(transcript: Transcript) -> Iterator[Part]:
    """The texts that hold something, each once.

    A server that gives its deltas no index repeats a text whole where it has one: the same text.
    """
    grown = {(part.channel, part.text) for part in transcript.parts if len(part.cuts) > 1}
    for part in transcript.parts:
        repeats = len(part.cuts) == 1 and (part.channel, part.text) in grown
        if part.text and not repeats:
            yield part


def _call(call: ToolCall, width: int | None) -> Iterator[Line]:
    kind = "" if call.kind in {*_PLAIN_CALLS, call.name} else f"  {printable(call.kind)}"
    cut = "" if call.complete or not call.arguments else "  (arguments cut short)"
    yield line(
        "  ", ("tool call ", "label"), (printable(call.name), "call"), (kind, "dim"), (cut, "bad")
    )
    if not call.arguments:
        return
    shown = call.arguments
    if call.complete and isinstance(call.parsed, dict | list):
        shown = json.dumps(call.parsed, indent=2, ensure_ascii=False)
    yield from block(shown, _INDENT, width, "call")


def _wrapped(text: str, width: int | None) -> list[str]:
    """A text in lines that fit beside a label, cut between words."""
    if width is None:
        return [text]
    return textwrap.wrap(text, max(width - 12, 20), break_on_hyphens=False) or [""]


def _facts(transcript: Transcript, width: int | None) -> Iterator[Line]:
    facts = [
        f"{name} {printable(str(value))}"
        for name, value in (
            ("model", transcript.model),
            ("status", transcript.status),
            ("finish", transcript.finish_reason),
        )
        if value
    ]
    if facts:
        yield line("  ", ("outcome   ", "label"), ", ".join(facts))
    if transcript.usage:
        counts = ", ".join(f"{k} {v:,}" for k, v in transcript.usage.items() if isinstance(v, int))
        text = printable(counts or compact(transcript.usage))
        for number, row in enumerate(_wrapped(text, width)):
            yield line("  ", (" " * 10 if number else "usage     ", "label"), row)
    if transcript.error:
        error = transcript.error if isinstance(transcript.error, str) else compact(transcript.error)
        yield line("  ", ("error", "bad"))
        yield from block(error, _INDENT, width, "bad")
