"""Chooses among dialogues with equal handshakes by the client's first message.

A handshake draws the next recorded dialogue. Where the client then opens with something else, and
with what opens another dialogue of an equal handshake, it gets that one: one that is not played
yet, or one that another connection has drawn and not yet spoken in, which then has the first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from streamtape.session.playlist import Playlist
from streamtape.tape.messages import Message
from streamtape.tape.model import Interaction

Fits = Callable[[Message], bool]


class Openings:
    """The dialogues of a playlist that are open, and in which the client has not spoken yet."""

    def __init__(self, tape: Playlist) -> None:
        self._tape = tape
        self._drawn: dict[object, int] = {}  # keyed by connection
        self._lock = threading.Lock()

    def remember(self, connection: object, index: int) -> None:
        """Take down which interaction a connection has drawn."""
        with self._lock:
            self._drawn[connection] = index

    def choose(self, connection: object, fits: Fits) -> int:
        """The interaction that a client means whose first message is heard now, for good.

        `fits` says whether a recorded message is what it says. Where none is, the one that was
        drawn.
        """
        with self._lock:
            drawn = self._drawn.pop(connection)
            if self._opens(drawn, fits):
                return drawn
            holders = {index: one for one, index in self._drawn.items()}
            for index in self._tape.equal_to(drawn):
                if self._opens(index, fits) and (
                    index in holders or self._tape.exchange_plays(drawn, index)
                ):
                    if index in holders:
                        self._drawn[holders[index]] = drawn
                    return index
            return drawn

    def _opens(self, index: int, fits: Fits) -> bool:
        first = first_message(self._tape.interactions[index])
        return first is not None and fits(first)


def first_message(interaction: Interaction) -> Message | None:
    """What the client opens a recorded dialogue with; None where the server speaks first."""
    first = next((one for one in interaction.messages.joined() if one.is_data), None)
    return first if first is not None and first.direction == "client" else None
