"""The rows of one interaction, by table, as tuples in the order of the schema's columns. Pure.

An interaction is read once; what a table needs beyond that (measures, findings) is reckoned only
where the table is requested. Of a stream that can't be read to its end there are the rows of what
can be, and `trouble` in `interactions` says why.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import chain
from statistics import median
from typing import Any

import msgspec

from streamtape.analysis.check import check_response
from streamtape.analysis.requested_model import requested_model
from streamtape.analysis.stats import streams_measured
from streamtape.checks.finding import SEVERITIES, Finding
from streamtape.dialects.parsed import ParsedResponse
from streamtape.metrics.measures import ERROR_STATUS, StreamMetrics, input_tokens, output_tokens
from streamtape.playback.completeness import is_whole
from streamtape.tabular.provider import provider_of
from streamtape.tape.events import Event
from streamtape.tape.http_values import split_url
from streamtape.tape.model import Interaction

Row = tuple[Any, ...]
_encode = msgspec.json.Encoder().encode
_NO_MEASURES = StreamMetrics()


class InteractionRows:
    """One interaction of a recording, and its rows of each table."""

    def __init__(self, recording: str, number: int, interaction: Interaction) -> None:
        self.interaction = interaction
        self.parsed = ParsedResponse(interaction)
        self._started_at = _moment(interaction.started_at_us)
        day: date | None = self._started_at.date() if self._started_at else None
        self._key = (recording, number, day)

    def of(self, tables: Collection[str]) -> dict[str, list[Row]]:
        """The rows of the given tables."""
        return {
            name: [(*self._key, *row) for row in getattr(self, f"_{name}")()] for name in tables
        }

    def texts_spelled(self) -> Iterator[str]:
        """The texts that the stream spells out in pieces: a secret may be whole only in them."""
        return (part.text for part in self.parsed.transcript.parts if part.text)

    @cached_property
    def _findings_of_check(self) -> list[Finding]:
        return check_response(self.parsed)

    @cached_property
    def _measured(self) -> list[StreamMetrics]:
        return streams_measured(self.interaction, None, self.parsed)

    def _at_us(self, event: int | None) -> int | None:
        events = self.parsed.events
        return events[event].at_us if event is not None and 0 <= event < len(events) else None

    def _interactions(self) -> Iterator[Row]:
        one, parsed = self.interaction, self.parsed
        head, ending, request = one.head, one.ending, one.request
        transcript = parsed.transcript
        parts = split_url(request.url)
        host = (parts.hostname or "").lower()
        requested = requested_model(one) or None
        measures = _NO_MEASURES
        if self._measured and not one.is_dialogue:
            measures = self._measured[0]
        tokens = output_tokens(parsed.events, parsed.dialect)
        severities = [found.severity for found in self._findings_of_check]
        yield (
            self._started_at,
            request.method,
            request.url,
            host,
            parts.path,
            provider_of(host, request.url),
            parsed.dialect.name,
            parsed.framing or None,
            parsed.is_stream,
            one.is_dialogue,
            requested,
            transcript.model or measures.model or requested,
            request.n_body_bytes,
            head.status if head else None,
            head.get("content-type") if head else None,
            ending.kind,
            ending.exception,
            ending.message,
            transcript.finished,
            self._is_cut(),
            transcript.finish_reason,
            transcript.status,
            None if transcript.error is None else json_text(transcript.error),
            _ms(head.at_us) if head else None,
            *_measures(measures, tokens),
            input_tokens(parsed.events, parsed.dialect),
            None if transcript.usage is None else json_text(transcript.usage),
            one.messages.n_bytes if one.is_dialogue else one.chunks.n_bytes,
            len(one.chunks),
            len(parsed.events),
            len(one.messages),
            len(transcript.tool_calls),
            sum(len(part.text) for part in transcript.of("text")),
            len(one.redactions),
            _verdict(severities) if head else None,
            severities.count("error") if head else None,
            severities.count("warning") if head else None,
            parsed.trouble,
        )

    def _is_cut(self) -> bool | None:
        """Whether a stream was cut short, and not by its client; None where it is no stream."""
        one, parsed = self.interaction, self.parsed
        if one.head is None or not parsed.is_stream or one.head.status >= ERROR_STATUS:
            return None
        if one.ending.kind in ("error", "unfinished"):
            return not is_whole(one)
        if one.ending.kind == "abandoned":
            return False
        dialect = parsed.dialect
        has_end = dialect.terminal or dialect.terminal_if or dialect.done_marker
        return bool(has_end) and not parsed.transcript.finished

    def _events(self) -> Iterator[Row]:
        before: int | None = None
        for event in self.parsed.events:
            chunk = None if event.frame is None else event.frame.chunk
            gap = None if event.at_us is None or before is None else event.at_us - before
            yield (
                event.index, event.type, event.direction, event.at_us, gap, chunk, _payload(event),
            )  # fmt: skip
            before = event.at_us

    def _chunks(self) -> Iterator[Row]:
        offset = 0
        before: int | None = None
        for number, chunk in enumerate(self.interaction.chunks):
            gap = None if chunk.at_us is None or before is None else chunk.at_us - before
            yield number, chunk.at_us, gap, offset, len(chunk.data)
            offset, before = offset + len(chunk.data), chunk.at_us

    def _messages(self) -> Iterator[Row]:
        for number, message in enumerate(self.interaction.messages):
            yield (
                number,
                message.direction,
                message.at_us,
                message.kind,
                message.final,
                len(message.data),
                message.code,
            )

    def _texts(self) -> Iterator[Row]:
        for number, part in enumerate(self.parsed.transcript.parts):
            first, last = part.first_event, part.cuts[-1][1]
            yield (
                number,
                part.channel,
                json_text(part.key),
                part.text,
                len(part.text),
                len(part.cuts),
                first,
                self._at_us(first),
                last,
                self._at_us(last),
            )

    def _tool_calls(self) -> Iterator[Row]:
        for number, call in enumerate(self.parsed.transcript.tool_calls):
            yield (
                number,
                call.name or "",
                call.id or "",
                call.kind,
                call.arguments,
                call.complete,
                call.first_event,
                self._at_us(call.first_event),
            )

    def _turns(self) -> Iterator[Row]:
        if not self.interaction.is_dialogue:
            return
        for number, one in enumerate(self._measured):
            measures = _measures(one, one.n_output_tokens)
            yield number, one.dialect, one.model, *measures, one.n_events, one.n_bytes

    def _findings(self) -> Iterator[Row]:
        for found in self._findings_of_check:
            where = found.where
            yield (
                found.rule,
                found.severity,
                where.event,
                where.what,
                where.at_us,
                found.message,
                found.count,
            )


def json_text(value: Any) -> str:
    """A value as compact JSON that every reader takes: NaN is null, half a character U+FFFD."""
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, OverflowError, UnicodeEncodeError, RecursionError):
        text = json.dumps(value, ensure_ascii=False, default=repr, skipkeys=True)
        return _encode(json.loads(whole_characters(text))).decode()


def whole_characters(text: str) -> str:
    """The text with U+FFFD for what is no character: half a surrogate pair."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _payload(event: Event) -> str:
    return json_text(event.payload)


def _moment(unix_us: int | None) -> datetime | None:
    """A point in time; None where it is not known, or beyond what calendars have."""
    if unix_us is None:
        return None
    try:
        whole = datetime.fromtimestamp(unix_us // 1_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return whole.replace(microsecond=unix_us % 1_000_000)


def _ms(us: float | None) -> float | None:
    return None if us is None else us / 1000


def _measures(one: StreamMetrics, tokens: int | None) -> Row:
    """The columns of measures, in milliseconds."""
    return (
        _ms(one.ttfe_us),
        _ms(one.ttft_us),
        _ms(one.total_us),
        _ms(one.tpot_us),
        1e6 / one.tpot_us if one.tpot_us else None,
        *chain.from_iterable(_middle_and_most(gaps) for gaps in (one.gaps_us, one.itl_us)),
        one.first,
        tokens,
    )


def _middle_and_most(gaps_us: Iterable[int]) -> tuple[float | None, float | None]:
    gaps = list(gaps_us)
    return (median(gaps) / 1000, max(gaps) / 1000) if gaps else (None, None)


def _verdict(severities: list[Any]) -> str:
    return next((name for name in SEVERITIES if name in severities), "ok")
