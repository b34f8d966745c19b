"""Whether to keep a recording whose program failed.

It is kept if its streams are whole: a missing snapshot or an assertion that fails after the stream
does not make the recording wrong. It is not kept if a replay would only repeat the failure: the
server answered with an error or broke off, an exception interrupted the client while it read, or
the run was stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from streamtape.playback.completeness import is_whole
from streamtape.session.recorder import Recorder
from streamtape.tape.model import Interaction, Request


def spoiled(
    recorded: Sequence[Interaction], recorders: Sequence[Recorder], error: BaseException
) -> str | None:
    """Why a recording is not kept, for people; None where all of its streams came through.

    `error` is what the program failed with. An interaction that broke does not count where the same
    request was answered well later on: the client tried again.
    """
    if not isinstance(error, Exception):
        return f"the run was stopped ({type(error).__name__})"
    answered = set()
    for interaction, recorder in reversed(list(zip(recorded, recorders, strict=False))):
        request = interaction.request
        key = request.method, request.url, _digest(request)
        reason = _reason(interaction, recorder, error)
        if reason is None:
            answered.add(key)
        elif key not in answered:
            return f"{reason} ({request.method} {request.url})"
    return None


def _digest(request: Request) -> bytes:
    sha256 = hashlib.sha256()
    for piece in request.body_pieces():
        sha256.update(piece)
    return sha256.digest()


def _reason(interaction: Interaction, recorder: Recorder, error: Exception) -> str | None:
    ending, head = interaction.ending, interaction.head
    if ending.kind == "error":
        return f"the stream ended with {ending.exception}"
    if head is None:
        return "no response came"
    if head.status >= 400:
        return f"the server answered with status {head.status}"
    if ending.kind == "complete" or is_whole(interaction):
        return None
    # A stream that is still open when an assertion fails was left by its reader.
    left_open = recorder.progress.state == "open" and not isinstance(error, AssertionError)
    if recorder.interrupted or left_open:
        return "an exception ended the reading of the stream"
    return None
