"""The text of a miss: the request, the nearest interaction, the first difference, the way out."""

from __future__ import annotations

from streamtape.session.match import Difference, Tape
from streamtape.session.modes import RecordMode
from streamtape.tape.model import Request

_WAYS_OUT = {
    "none": "to record it, use mode 'new_episodes' (keeps what is there) or 'all' (records again)",
    "once": "mode 'once' adds nothing to a cassette that exists: use 'new_episodes' to add this "
    "request, or 'all' to record everything again",
}


def miss_text(asked: Request, tape: Tape, *, name: str, mode: RecordMode) -> str:
    """Say why no interaction answers a request; several lines, for people."""
    count = len(tape.interactions)
    lines = [
        "no recorded interaction answers this request",
        "",
        f"  asked     {_line(asked)}",
        f"  cassette  {name}: {count} interaction{'' if count == 1 else 's'}, mode {mode!r}",
    ]
    same = tape.candidates(asked)
    if same:
        played = f"{len(same)} of {len(same)}"
        which = ", ".join(map(str, same))
        lines.append(f"  equal     all equal interactions ({which}) were already played: {played}")
    else:
        nearest = tape.nearest(asked)
        if nearest is not None:
            lines += _nearest(tape, *nearest)
    lines += ["", f"  {_WAYS_OUT.get(mode, '')}"]
    return "\n".join(lines).rstrip()


def _nearest(tape: Tape, index: int, differences: list[Difference]) -> list[str]:
    state = f"played {tape.plays[index]} times" if tape.plays[index] else "not played yet"
    lines = [
        f"  nearest   interaction {index}: {_line(tape.interactions[index].request)} ({state})"
    ]
    for number, difference in enumerate(differences[:3]):
        lines += [
            f"  {'differs' if not number else '       '}   {difference.where}",
            f"              recorded  {difference.recorded}",
            f"              asked     {difference.asked}",
        ]
    if len(differences) > 3:
        lines.append(f"            and {len(differences) - 3} more differences")
    return lines


def _line(request: Request) -> str:
    size = f" ({len(request.body):,} bytes of body)" if request.body else ""
    return f"{request.method} {request.url}{size}"
