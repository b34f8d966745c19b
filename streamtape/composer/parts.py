"""The parts of a composed answer, as values: texts, reasoning, calls, failures and the rest.

The names are those of no single provider. `compose` refuses a part that a dialect doesn't support;
it never leaves one out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from streamtape.errors import UsageError

REFUSAL = "I'm sorry, but I can't help with that."
# Reasons to stop, by names of ours; a dialect's own names are taken as they are.
REASONS = ("stop", "length", "content_filter", "tool_calls", "stop_sequence", "refusal", "pause")


class Part:
    """One item of an answer; every class below but Cite is one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Cite:
    """A source that a text cites: `start` and `end` are characters of the text, None for all of it.

    `quote` is what the source says there.
    """

    url: str
    title: str = ""
    quote: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Say(Part):
    """Text of the answer. `logprobs`: with the logarithms of the tokens' probabilities.

    `citations` are the sources that it cites.
    """

    text: str
    citations: Sequence[Cite] = ()
    logprobs: bool = False

    def __post_init__(self) -> None:
        check_text("Say.text", self.text)
        for cited in self.citations:
            start, end = cited.start or 0, len(self.text) if cited.end is None else cited.end
            if not 0 <= start <= end <= len(self.text):
                raise UsageError(
                    f"Cite: start and end must lie within the text of {len(self.text)} characters, "
                    f"got {cited.start!r} and {cited.end!r}"
                )


@dataclass(frozen=True, slots=True)
class Reasoning(Part):
    """The model's reasoning before its answer: one text or several.

    Of the Responses API it is a summary of as many parts, or with `form="text"` the text itself, as
    open models give it. `redacted`: it can't be read (Anthropic's redacted_thinking, and an item
    without a summary elsewhere).
    """

    text: str | Sequence[str] = ""
    form: Literal["summary", "text"] = "summary"
    redacted: bool = False

    def __post_init__(self) -> None:
        for text in self.texts:
            check_text("Reasoning.text", text)
        if self.form not in ("summary", "text"):
            raise UsageError(f"Reasoning.form must be 'summary' or 'text', got {self.form!r}")

    @property
    def texts(self) -> tuple[str, ...]:
        """The parts that have a text."""
        given = (self.text,) if isinstance(self.text, str) else tuple(self.text)
        return tuple(text for text in given if text)


@dataclass(frozen=True, slots=True)
class Call(Part):
    """A call of a function of the client's: arguments as an object, or as text of any kind.

    `id` is the call's id; None takes one of the seed's.
    """

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str | None = None

    def __post_init__(self) -> None:
        check_text("Call.name", self.name)
        if not self.name:
            raise UsageError("Call.name must be the name of a function, got ''")
        if not isinstance(self.arguments, Mapping | str):
            raise UsageError(f"Call.arguments must be an object or text, got {self.arguments!r}")


@dataclass(frozen=True, slots=True)
class CustomCall(Part):
    """A call of a custom tool of the client's, whose input is free text."""

    name: str
    input: str
    id: str | None = None

    def __post_init__(self) -> None:
        check_text("CustomCall.name", self.name)
        check_text("CustomCall.input", self.input)


@dataclass(frozen=True, slots=True)
class Refuse(Part):
    """The model refuses, in these words."""

    text: str = REFUSAL

    def __post_init__(self) -> None:
        check_text("Refuse.text", self.text)


@dataclass(frozen=True, slots=True)
class Fail(Part):
    """The provider fails here: its error event, after which nothing comes.

    `code` is the provider's name of the error. With a `status`, 400 to 599, the whole answer is
    that HTTP error, with Retry-After where `retry_after_s` is given; it must then stand alone.
    """

    code: str = "server_error"
    message: str = "The server had an error while processing your request."
    status: int | None = None
    retry_after_s: float | None = None

    def __post_init__(self) -> None:
        check_text("Fail.code", self.code)
        check_text("Fail.message", self.message)
        if self.status is not None and not 400 <= self.status <= 599:
            raise UsageError(f"Fail.status must be 400 to 599 or None, got {self.status!r}")
        if self.retry_after_s is not None and self.status is None:
            raise UsageError("Fail.retry_after_s needs a status: it is a header of an HTTP error")


@dataclass(frozen=True, slots=True)
class Stop(Part):
    """Why the answer ends, where it is not the usual reason; it comes last.

    `reason` is stop, length, content_filter, tool_calls, stop_sequence, refusal or pause, or the
    provider's own name of one. `sequence` is the stop sequence that was met.
    """

    reason: str
    sequence: str | None = None

    def __post_init__(self) -> None:
        check_text("Stop.reason", self.reason)
        if not self.reason:
            raise UsageError(f"Stop.reason must be one of {', '.join(REASONS)}, got ''")


@dataclass(frozen=True, slots=True)
class Pause(Part):
    """Silence of so many milliseconds between what comes before and after."""

    ms: float

    def __post_init__(self) -> None:
        if isinstance(self.ms, bool) or not isinstance(self.ms, int | float):
            raise UsageError(f"Pause.ms must be a number of milliseconds, got {self.ms!r}")
        if not (isfinite(self.ms) and self.ms >= 0):
            raise UsageError(f"Pause.ms must be 0 or more, got {self.ms!r}")


@dataclass(frozen=True, slots=True)
class WebSearch(Part):
    """A search on the web that the provider makes, and the sources that it found."""

    query: str
    sources: Sequence[Cite] = ()


@dataclass(frozen=True, slots=True)
class FileSearch(Part):
    """A search in files that the provider makes, with the file and the text that it found."""

    query: str
    filename: str
    text: str


@dataclass(frozen=True, slots=True)
class RunCode(Part):
    """A piece of code that the provider runs, and what it printed."""

    code: str
    logs: str = ""


@dataclass(frozen=True, slots=True)
class MakeImage(Part):
    """A picture (of one pixel) that the provider makes, with partial pictures on the way."""

    n_partial: int = 0


@dataclass(frozen=True, slots=True)
class ListTools(Part):
    """The names of the tools that an MCP server offers; with `error`, that they can't be had."""

    server: str
    tools: Sequence[str] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class MCPCall(Part):
    """A call of an MCP server's tool by the provider: its output, or with `error` its failure."""

    server: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    output: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RunShell(Part):
    """A shell command in the provider's container, and what it printed."""

    command: str
    stdout: str = ""


@dataclass(frozen=True, slots=True)
class Speak(Part):
    """Speech (silence, here) with its transcript."""

    transcript: str


@dataclass(frozen=True, slots=True)
class Compact(Part):
    """The conversation so far, compacted and encrypted by the provider."""


@dataclass(frozen=True, slots=True)
class OutputItem(Part):
    """An item of any other kind, with these fields: a block, a part or an output item.

    It opens and closes with nothing in between (`computer_call`, `mcp_approval_request`).
    """

    type: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def check_text(what: str, value: object) -> None:
    """Refuse what is no text, or can't be sent as UTF-8."""
    if not isinstance(value, str):
        raise UsageError(f"{what} must be text, got {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{what} can't be sent as UTF-8: it has a lone surrogate at character {error.start}"
        ) from None


def fails_next(parts: Sequence[Part], number: int) -> bool:
    """Whether a failure follows this part, pauses aside: then nothing closes the part."""
    rest = (part for part in parts[number + 1 :] if not isinstance(part, Pause))
    return isinstance(next(rest, None), Fail)
