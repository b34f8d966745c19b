"""Events with other indices than they were sent with: what servers do in practice.

`ALTERATIONS` names the ways. Ids are left alone where the name does not say otherwise.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from streamtape.tape.events import Event, Transcript

INDICES = {"output_index", "content_index", "summary_index", "annotation_index", "command_index",
           "index", "contentBlockIndex"}  # fmt: skip
Change = Callable[[str, Any], Any]
_GONE = object()


def _taken_out(name: str, value: Any) -> Any:
    return _GONE if name in INDICES else value


def _null(name: str, value: Any) -> Any:
    return None if name in INDICES else value


def _from_1(name: str, value: Any) -> Any:
    return value + 1 if name in INDICES and isinstance(value, int) else value


def _content_out(name: str, value: Any) -> Any:
    return _GONE if name in {"content_index", "summary_index"} else value


def _output_0(name: str, value: Any) -> Any:
    return 0 if name == "output_index" else value


def _no_ids(name: str, value: Any) -> Any:
    return _GONE if name == "item_id" or name in INDICES else value


ALTERATIONS: dict[str, Change] = {
    "taken out": _taken_out,
    "taken out, with the ids": _no_ids,
    "null": _null,
    "content_index taken out": _content_out,
    "begun at 1": _from_1,
    "output_index 0 throughout": _output_0,
}

WITHOUT_CHOICES = {"taken out", "taken out, with the ids", "null"}  # nothing tells them apart


def altered(events: Iterable[Event], name: str) -> list[Event]:
    """The events with their indices altered one way, at every depth."""
    change = ALTERATIONS[name]
    return [replace(event, payload=_changed(event.payload, change)) for event in events]


def _changed(value: Any, change: Change) -> Any:
    if isinstance(value, list):
        return [_changed(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    out = {name: change(name, _changed(one, change)) for name, one in value.items()}
    return {name: one for name, one in out.items() if one is not _GONE}


def texts_of(transcript: Transcript) -> dict[str, Any]:
    """What a stream said, without where it stood."""
    return {
        "text": transcript.text,
        "refusal": transcript.refusal,
        "reasoning": transcript.reasoning,
        "calls": [(c.id, c.name, c.arguments) for c in transcript.tool_calls],
        "code": [p.text for p in transcript.of("code") if p.text],
        "transcript": [p.text for p in transcript.of("transcript") if p.text],
    }
