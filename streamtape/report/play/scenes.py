"""What plays: the texts of recorded streams, and the moment at which each piece of them appeared.

A scene is one interaction; an act is what plays at the same time: one scene, or one of each of
several recordings, side by side on one clock. All texts are printable and masked. Times are integer
microseconds from the sending of the request; a recording without times gets an event every
`EVEN_GAP_US`, and says so (`is_timed`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from statistics import median
from urllib.parse import urlsplit

from streamtape.dialects.parsed import ParsedResponse
from streamtape.metrics.measures import output_tokens
from streamtape.printable import printable
from streamtape.report.events import summary
from streamtape.report.masked import read
from streamtape.report.outcome import outcome
from streamtape.report.play.prompts import Prompt, prompt_of, prompts_of
from streamtape.report.transcript_lines import distinct_parts
from streamtape.tape.events import Part, Transcript
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.texts import masked_text
from streamtape.units import duration

EVEN_GAP_US = 25_000
TAB = " " * 4
# A gap is a wait where it lasts so long, and so many times as long as the stream's median gap.
WAIT_US = 250_000
WAIT_MEDIANS = 4
MAX_SAYS = 160  # characters of an event in a stream without texts
_HIDDEN = frozenset({"arguments", "audio", "signature", "details"})
Style = str


@dataclass(frozen=True, slots=True)
class GrowingText:
    """One text of a scene; `kind` is its channel, `label` its heading.

    Of `content`, which is all of it, `ends[i]` characters are there from `times_us[i]` on.
    """

    kind: str
    label: str
    content: str
    times_us: tuple[int, ...]
    ends: tuple[int, ...]

    def length_at(self, at_us: int) -> int:
        """How many characters of it are there at a moment."""
        n_pieces = bisect_right(self.times_us, at_us)
        return self.ends[n_pieces - 1] if n_pieces else 0

    def grew_us(self, at_us: int) -> int:
        """When it last grew before a moment; -1 where it had not begun."""
        n_pieces = bisect_right(self.times_us, at_us)
        return self.times_us[n_pieces - 1] if n_pieces else -1


@dataclass(frozen=True, slots=True)
class Scene:
    """One interaction as it plays.

    `answer` is the status or what came in its place; `ending` says how it ended, in the style
    `ending_style`; `waits` are the gaps that a reader notices, as (begin, end).
    """

    name: str
    request: str
    short_request: str
    prompt: Prompt
    answer: str
    answer_style: Style
    model: str
    texts: tuple[GrowingText, ...]
    event_times_us: tuple[int, ...]
    length_us: int
    waits: tuple[tuple[int, int], ...]
    ending: str
    ending_style: Style
    is_timed: bool = True
    started_at_us: int | None = None
    n_output_tokens: int | None = None

    def n_events_at(self, at_us: int) -> int:
        """How many events have come by a moment."""
        return bisect_right(self.event_times_us, at_us)

    def wait_at(self, at_us: int) -> tuple[int, int] | None:
        """The wait that a moment lies in."""
        place = bisect_right(self.waits, (at_us, self.length_us + 1)) - 1
        if place >= 0 and self.waits[place][0] <= at_us < self.waits[place][1]:
            return self.waits[place]
        return None


@dataclass(frozen=True, slots=True)
class Act:
    """Scenes that play at the same time, in columns; None where one recording has no more."""

    scenes: tuple[Scene | None, ...]

    @property
    def playing(self) -> tuple[Scene, ...]:
        """The scenes that there are."""
        return tuple(scene for scene in self.scenes if scene is not None)

    @property
    def length_us(self) -> int:
        """When the last of its scenes ends."""
        return max((scene.length_us for scene in self.playing), default=0)

    @property
    def moments_us(self) -> tuple[int, ...]:
        """Every moment at which an event comes, rising."""
        return tuple(sorted({us for scene in self.playing for us in scene.event_times_us}))


def acts_of(recordings: Sequence[Sequence[Scene]]) -> list[Act]:
    """The acts of recordings: the first scenes of all, then the second ones."""
    return [Act(scenes) for scenes in zip_longest(*recordings)]


def scenes_of(
    name: str,
    cassette: Cassette,
    numbers: Iterable[int],
    *,
    dialect: str | None = None,
    idle_limit_us: int | None = None,
) -> list[Scene]:
    """The scenes of a cassette's interactions; every longer gap is shortened to `idle_limit_us`."""
    several = len(cassette) > 1
    return [
        scene_of(
            f"{name} #{number}" if several else name,
            cassette[number],
            dialect=dialect,
            idle_limit_us=idle_limit_us,
        )
        for number in numbers
    ]


def scene_of(
    name: str,
    interaction: Interaction,
    *,
    dialect: str | None = None,
    idle_limit_us: int | None = None,
) -> Scene:
    """One interaction as it plays; UsageError for an unknown dialect."""
    parsed = read(interaction, dialect)
    times_us, length_us, is_timed = _times(parsed)
    times_us, length_us = _shortened(times_us, length_us, idle_limit_us)
    request, head = interaction.request, interaction.head
    prompt = _prompt_of(parsed)
    ending, ending_style = ending_of(parsed)
    answer = f"{head.status} {head.reason}".rstrip() if head else "no response"
    return Scene(
        name=_clean(name),
        request=_clean(f"{request.method} {request.url}"),
        short_request=_clean(f"{request.method} {_path_of(request.url)}"),
        prompt=prompt._replace(text=_clean(prompt.text)),
        answer=_clean(answer),
        answer_style="good" if head and head.status < 400 else "bad",
        model=_clean(parsed.transcript.model or ""),
        texts=tuple(_texts(parsed, times_us)),
        event_times_us=tuple(times_us),
        length_us=length_us,
        waits=tuple(_waits([*times_us, length_us])),
        ending=_clean(ending),
        ending_style=ending_style,
        is_timed=is_timed,
        started_at_us=interaction.started_at_us,
        n_output_tokens=output_tokens(parsed.events, parsed.dialect),
    )


def _prompt_of(parsed: ParsedResponse) -> Prompt:
    """The prompt: of the request, or by the first message of a dialogue that asks in words."""
    if not parsed.interaction.is_dialogue:
        return prompt_of(parsed.interaction.request.body)
    return next((prompt for _, prompt in prompts_of(parsed)), Prompt(""))


def ending_of(parsed: ParsedResponse) -> tuple[str, Style]:
    """How a stream came out, as its badge has it, with what is known of why; and in which style."""
    word, mood = outcome(parsed)
    ending, transcript = parsed.interaction.ending, parsed.transcript
    failure = ": ".join(part for part in (ending.exception, ending.message) if part)
    error = transcript.error
    message = error.get("message") if isinstance(error, dict) else error
    reasons = {
        "bad": message or failure or parsed.trouble,
        "warn": transcript.finish_reason or transcript.refusal,
        "good": transcript.finish_reason,
    }
    why = str(reasons[mood] or "")
    return (word if not why or why in word else f"{word}: {why}"), mood


def _times(parsed: ParsedResponse) -> tuple[list[int], int, bool]:
    """When each event came, when the stream ended, and whether that was recorded."""
    found = [event.at_us for event in parsed.events]
    ending_us = parsed.interaction.ending.at_us
    if any(at_us is None for at_us in found):
        times = [(n + 1) * EVEN_GAP_US for n in range(len(found))]
        return times, times[-1] if times else 0, False
    rising: list[int] = []
    for at_us in found:
        rising.append(max(at_us or 0, rising[-1] if rising else 0))
    last_us = rising[-1] if rising else 0
    return rising, max(last_us, ending_us or 0), ending_us is not None or bool(rising)


def _shortened(times: list[int], end: int, limit: int | None) -> tuple[list[int], int]:
    if limit is None:
        return times, end
    before = saved = 0
    moved = []
    for at in (*times, end):
        saved += max(0, at - before - limit)
        moved.append(at - saved)
        before = at
    return moved[:-1], moved[-1]


def _waits(times: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Gaps that a reader notices; the first is the wait for the first event."""
    gaps = [later - earlier for earlier, later in pairwise((0, *times))]
    usual = median(gaps) if gaps else 0
    for begin, end in pairwise((0, *times)):
        if end - begin >= max(WAIT_US, WAIT_MEDIANS * usual):
            yield begin, end


def _texts(parsed: ParsedResponse, times_us: Sequence[int]) -> Iterator[GrowingText]:
    """The texts of a transcript, in the order in which they began."""
    found = [*_texts_of(parsed.transcript)]
    if not found and parsed.events and not parsed.is_stream:
        found = [("text", "", _body_part(parsed))]
    if not found and parsed.is_stream:
        found = [("events", "events", _events_part(parsed))]
    for event, prompt in [*prompts_of(parsed)][1:]:  # the first one is shown at the top
        label = "tool result" if prompt.is_tool else "user"
        found.append(("prompt", label, Part("prompt", prompt.text, cuts=((0, event),))))
    grown = [_grown(kind, label, part, times_us) for kind, label, part in found if part.cuts]
    yield from sorted(grown, key=lambda text: text.times_us[0])


def _texts_of(transcript: Transcript) -> Iterator[tuple[str, str, Part]]:
    choices = transcript.choices or (transcript,)
    for number, choice in enumerate(choices):
        which = f" {number}" if len(choices) > 1 else ""
        for part in distinct_parts(choice):
            if part.channel not in _HIDDEN:
                label = "" if part.channel == "text" and not which else f"{part.channel}{which}"
                yield part.channel, label, _from_event(part, part.first_event)
        arguments = {part.key: part for part in choice.parts if part.channel == "arguments"}
        for call in choice.tool_calls:
            grown = arguments.get(call.key)
            whole = Part("arguments", call.arguments, call.key, ((0, call.first_event),))
            part = grown if grown is not None and grown.text == call.arguments else whole
            label = f"tool call{which}: {call.name}"
            yield "arguments", label, _from_event(part, call.first_event)
    for image in transcript.images:
        yield "image", "image", Part("image", f"{image.n_bytes:,} bytes, sha256 {image.sha256}")


def _from_event(part: Part, event: int) -> Part:
    """A part of the transcript, shown from an event on.

    That is the one that brought its first character, not an empty delta before it; a call is there
    when it is named, before its arguments come.
    """
    brings = part.first_event
    nothing_yet = ((0, event),) if event < brings else ()
    later = (cut for cut in part.cuts if cut[0])
    return Part(part.channel, part.text, part.key, (*nothing_yet, (0, brings), *later))


def _events_part(parsed: ParsedResponse) -> Part:
    """A line an event, for a stream that says nothing in words: its type, and its telling field."""
    rows, cuts, length = [], [], 0
    for event in parsed.events:
        row = f"{event.type}  {summary(event, parsed.dialect, MAX_SAYS)}".rstrip() + "\n"
        cuts.append((length, event.index))
        rows.append(row)
        length += len(row)
    return Part("events", "".join(rows), (), tuple(cuts))


def _body_part(parsed: ParsedResponse) -> Part:
    return Part("text", parsed.content.decode("utf-8", "backslashreplace"))


def _grown(kind: str, label: str, part: Part, times_us: Sequence[int]) -> GrowingText:
    """A text with its times; each piece is made printable by itself, so that its cuts stay true."""
    whole = masked_text(part.text)
    content: list[str] = []
    ends: list[int] = []
    times: list[int] = []
    offsets = [offset for offset, _ in part.cuts]
    length = 0
    for (start, event), end in zip(part.cuts, (*offsets[1:], len(whole)), strict=True):
        piece = printable(whole[start:end]).replace("\t", TAB)
        content.append(piece)
        length += len(piece)
        at_us = times_us[min(event, len(times_us) - 1)] if times_us else 0
        times.append(max(at_us, times[-1] if times else 0))
        ends.append(length)
    return GrowingText(kind, _clean(label), "".join(content), tuple(times), tuple(ends))


def _path_of(url: str) -> str:
    """The path of an address; all of it if it is not one."""
    try:
        return urlsplit(url).path or url
    except ValueError:
        return url


def _clean(text: str) -> str:
    return masked_text(printable(text)).replace("\t", TAB)


def untimed_note(scene: Scene) -> str:
    """What to say of a recording that has no times; "" where it has."""
    return "" if scene.is_timed else f"no times recorded: an event every {duration(EVEN_GAP_US)}"
