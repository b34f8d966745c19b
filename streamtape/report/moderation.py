"""Moderated streams as lines. Values in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from streamtape.checks.moderation import CheckPoint, HoldBack, ModerationResult
from streamtape.printable import printable
from streamtape.report.lines import Line, line
from streamtape.units import count


def moderated_lines(one: ModerationResult) -> Iterator[Line]:
    """The verdict on the whole, each way of asking, and what holding text back would spare."""
    verdict = ("flagged", "bad") if one.whole else ("fine", "good")
    yield line(
        (printable(one.source) or "stream", "title"),
        f", interaction {one.interaction}: {len(one.text):,} characters, as a whole ",
        verdict,
    )
    for checkpoint in one.ways:
        yield _checkpoint(checkpoint, whole=one.whole)
    if one.held:
        yield line(("  held back       the reader waits   leaked before the flag", "dim"))
        for hold_back in one.held:
            yield _hold_back(hold_back)


def total_lines(found: Sequence[ModerationResult]) -> Iterator[Line]:
    """Over many streams: how many were flagged, by which way, and what holding back would spare."""
    whole = sum(one.whole for one in found)
    part = sum(one.flagged and not one.whole for one in found)
    text = (
        f"{whole:,} flagged as a whole, {part:,} only in a part, {len(found) - whole - part:,} fine"
    )
    yield line((count(len(found), "stream"), "title"), f": {text}")
    for ways in zip(*(one.ways for one in found), strict=True):
        flags = [checkpoint.shown for checkpoint in ways if checkpoint.shown is not None]
        missed = sum(
            checkpoint.first is None and one.whole
            for checkpoint, one in zip(ways, found, strict=True)
        )
        seen = f", {median(flags):,.0f} characters shown by then (median)" if flags else ""
        late = f"; misses {missed:,} that are flagged as a whole" if missed else ""
        yield line((_name(ways[0]), "label"), f"flags {len(flags):,}{seen}", (late, "warn"))
    hold_backs = [one.held for one in found if one.held]
    if not hold_backs:
        return
    yield line(("  held back       the reader waits   streams that leak   leaked (median)", "dim"))
    for same in _in_columns(hold_backs):
        waits = [one.delay_ms for one in same if one.delay_ms is not None]
        wait = f"{median(waits):,.0f} ms" if waits else "not known"
        leaks = sum(one.leaked > 0 for one in same)
        share = f"{leaks:,} of {len(same):,}"
        leaked = f"{median(one.leaked for one in same):,.0f} characters"
        style = "good" if not leaks else ""
        yield line(f"  {_hold_back_name(same[0]):<16}{wait:<19}", (f"{share:<20}{leaked}", style))


def _in_columns(hold_backs: Sequence[Sequence[HoldBack]]) -> Iterator[list[HoldBack]]:
    """What each stream leaks, by what is held back; not every recording knows times."""
    for name in dict.fromkeys(_hold_back_name(one) for each in hold_backs for one in each):
        yield [one for each in hold_backs for one in each if _hold_back_name(one) == name]


def _name(checkpoint: CheckPoint) -> str:
    unit = (
        f"{checkpoint.every} characters"
        if isinstance(checkpoint.every, int)
        else str(checkpoint.every)
    )
    return f"  every {unit:<15}"


def _hold_back_name(hold_back: HoldBack) -> str:
    return f"{hold_back.chars} characters" if hold_back.chars is not None else f"{hold_back.ms} ms"


def _checkpoint(checkpoint: CheckPoint, *, whole: bool) -> Line:
    name = (_name(checkpoint), "label")
    calls = (f"  ({count(checkpoint.calls, 'call')})", "dim")
    if checkpoint.first is None:
        text = "never flags, though the whole is flagged" if whole else "never flags"
        return line(name, (text, "warn" if whole else ""), calls)
    when = "" if checkpoint.at_us is None else f" at {checkpoint.at_us / 1e6:.2f} s"
    misled = "" if whole else "; the whole is fine: the early part misled"
    text = f"flags{when}, event #{checkpoint.event}: {checkpoint.shown:,} characters had been shown"
    return line(name, (text, "bad"), (misled, "warn"), calls)


def _hold_back(hold_back: HoldBack) -> Line:
    wait = "not known" if hold_back.delay_ms is None else f"{hold_back.delay_ms:,.0f} ms"
    style = "good" if hold_back.leaked == 0 else ""
    return line(
        f"  {_hold_back_name(hold_back):<16}{wait:<19}", (f"{hold_back.leaked:,} characters", style)
    )
