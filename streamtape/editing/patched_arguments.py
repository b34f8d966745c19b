"""Arguments that came as patches (Gemini's `partialArgs`): each value in pieces, at its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamtape.dialects.base import Patches
from streamtape.dialects.json_patch import steps_of
from streamtape.dialects.payload import bind, find, parse_path
from streamtape.editing.opened import OpenInteraction
from streamtape.editing.runs import PieceLocation, Run
from streamtape.tape.events import ToolCall


def edit_patches(
    one: OpenInteraction, call: ToolCall, new: Mapping[tuple[str | int, ...], Any]
) -> bool:
    """Set arguments in the patches that brought them; says whether each of them came so."""
    later = [c.first_event for c in one.parsed.transcript.tool_calls]
    end = min((n for n in later if n > call.first_event), default=None)
    done = True
    for steps, value in new.items():
        locations = [
            location
            for patches in one.dialect.patches
            for location in _locations(one, patches, list(steps), call.first_event, end)
        ]
        texts = [location.value for location in locations]
        if isinstance(value, str) and texts and all(isinstance(text, str) for text in texts):
            run = Run("arguments", (), texts)
            run.locations = [*locations]
            run.edit([(0, len("".join(texts)), value)])
        elif len(locations) == 1:
            locations[0].put(value)
        else:
            done = False
    return done


def _locations(
    one: OpenInteraction, patches: Patches, steps: list[str | int], first: int, end: int | None
) -> list[PieceLocation]:
    """Where the pieces of one value are, in the events of one call."""
    found = []
    path = parse_path(patches.path)
    for document in one.documents:
        index = document.event.index
        if index < first or (end is not None and index >= end):
            continue
        for bound, patch in find(document.value, path):
            if not isinstance(patch, dict):
                continue
            if steps_of(str(patch.get(patches.path_field))) != steps:
                continue
            names = [name for name in patches.values if name in patch]
            found += [
                PieceLocation(document, (*bind(path, bound), name), patch[name]) for name in names
            ]
    return found
