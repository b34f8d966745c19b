"""The message of a miss: the request, the nearest interaction, the differences, the way out."""

from __future__ import annotations

from streamtape.choices import RecordMode
from streamtape.printable import printable, printable_line
from streamtape.session.difference import Difference
from streamtape.session.playlist import Playlist
from streamtape.tape.model import Request

MOST_SHOWN = 3
_BY_ADDRESS = frozenset({"method", "url", "scheme", "host", "port", "path", "query"})
_WAYS_OUT = {
    "none": (
        "mode 'none' never sends; record with 'new_episodes' (keeps what is there) or 'all' "
        "(records everything again)"
    ),
    "once": (
        "mode 'once' adds nothing to a cassette that exists; use 'new_episodes' to add this "
        "request, or 'all' to record everything again"
    ),
}


def miss_text(
    requested: Request,
    tape: Playlist,
    *,
    name: str,
    mode: RecordMode | None,
    again: str = "",
    missing: bool = False,
    repeats: str = "allow_playback_repeats=True",
    nearest: tuple[int, list[Difference]] | None = None,
) -> str:
    """Say why no interaction answers a request; several lines, for people.

    `again` is the command that records it, where one is known. `missing` says that there is no
    such cassette at all. `repeats` is the option that lets interactions answer again. Of a server,
    which has no record mode, `mode` is None. `nearest` is the nearest interaction, where known.
    """
    count = len(tape.interactions)
    holds = f"{count} interaction{'' if count == 1 else 's'}"
    lines = [
        "no recorded interaction answers this request",
        "",
        f"  request   {_line(requested)}",
        f"  cassette  {name}: {'there is no such file' if missing else holds}"
        + ("" if mode is None else f", mode {mode!r}"),
    ]
    same = tape.candidates(requested)
    if same:
        lines += _equal(tape, same, repeats)
    elif (nearest := nearest or tape.nearest(requested)) is not None:
        lines += _nearest(tape, *nearest)
        if not tape.interactions[nearest[0]].cuts_known:
            lines += _matched_before(nearest[1], with_option=mode is not None)
    if mode is None:
        lines.append("")
    elif mode in _WAYS_OUT:
        lines += ["", f"  {_WAYS_OUT[mode]}"]
    if again:
        lines.append(f"  to record it:  {again}")
    return printable("\n".join(lines).rstrip())


def _equal(tape: Playlist, same: list[int], repeats: str) -> list[str]:
    expected = tape.expected
    later = [i for i in same if expected is not None and i > expected]
    if expected is not None and later:
        return [
            f"  equal     interaction {later[0]}, which is not next: the order is strict",
            f"  next      interaction {expected}: {_line(tape.interactions[expected].request)}",
            "            strict_order=False lets them come in any order",
        ]
    which = f"interaction {same[0]}" if len(same) == 1 else f"interactions {_list(same)}"
    lines = [f"  equal     {which}, already played {len(same)} of {len(same)}"]
    left = [i for i, n in enumerate(tape.plays) if not n]
    if left:
        lines.append(f"  left      {_those(left)}, not played yet")
    lines.append(f"            {repeats} lets the last one answer again")
    return lines


def _nearest(tape: Playlist, index: int, differences: list[Difference]) -> list[str]:
    plays = tape.plays[index]
    state = f"played {plays} time{'' if plays == 1 else 's'}" if plays else "not played yet"
    lines = [
        f"  nearest   interaction {index}: {_line(tape.interactions[index].request)} ({state})"
    ]
    for number, difference in enumerate(differences[:MOST_SHOWN]):
        lines.append(f"  {'differs' if not number else '       '}   {difference.where}")
        if difference.recorded or difference.requested:
            lines.append(f"              recorded  {difference.recorded}")
            lines.append(f"              request   {difference.requested}")
    more = len(differences) - MOST_SHOWN
    if more > 0:
        lines.append(f"            and {more} more difference{'' if more == 1 else 's'}")
    return lines


def _matched_before(differences: list[Difference], *, with_option: bool) -> list[str]:
    """What the tools that write such a cassette compare, where that is less than what differs."""
    if all(difference.where.split()[0] in _BY_ADDRESS for difference in differences):
        return []
    lines = [
        "  before    the cassette was converted; VCR.py, pytest-recording, cassetter, betamax,",
        "            Ruby VCR and go-vcr compare method and URL, unless match_on says otherwise",
    ]
    if with_option:
        lines.append('            for the same here:  match_on=("method", "url")')
    return lines


def _list(numbers: list[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _those(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"interaction {numbers[0]}"
    if len(numbers) > 8:
        return f"{len(numbers)} interactions"
    return f"interactions {_list(numbers)}"


def _line(request: Request) -> str:
    n_bytes = request.n_body_bytes
    size = f" ({n_bytes:,} bytes of body)" if n_bytes else ""
    return printable_line(f"{request.method} {request.url}") + size
