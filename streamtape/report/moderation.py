"""Moderated streams as lines. Values in, text out."""

from __future__ import annotations

from collections.abc import Iterator

from streamtape.checks.moderation import Held, Moderated, Way
from streamtape.report.lines import Line, clean, line


def moderated_lines(one: Moderated) -> Iterator[Line]:
    """The verdict on the whole, each way of asking, and what holding text back would spare."""
    verdict = ("flagged", "bad") if one.whole else ("fine", "good")
    yield line(
        (clean(one.source) or "stream", "title"),
        f", interaction {one.interaction}: {len(one.text):,} characters, as a whole ",
        verdict,
    )
    for way in one.ways:
        yield _way(way, whole=one.whole)
    if one.held:
        yield line(("  held back       the reader waits   leaked before the flag", "dim"))
        for held in one.held:
            yield _held(held)


def _way(way: Way, *, whole: bool) -> Line:
    unit = f"{way.every} characters" if isinstance(way.every, int) else str(way.every)
    name = (f"  every {unit:<15}", "label")
    calls = (f"  ({way.calls} calls)", "dim")
    if way.first is None:
        told = "never flags, though the whole is flagged" if whole else "never flags"
        return line(name, (told, "warn" if whole else ""), calls)
    when = "" if way.at_us is None else f" at {way.at_us / 1e6:.2f} s"
    misled = "" if whole else "; the whole is fine: the early part misled"
    told = f"flags{when}, event #{way.event}: {way.shown:,} characters had been shown"
    return line(name, (told, "bad"), (misled, "warn"), calls)


def _held(held: Held) -> Line:
    what = f"{held.chars} characters" if held.chars is not None else f"{held.ms} ms"
    wait = "not known" if held.delay_ms is None else f"{held.delay_ms:,.0f} ms"
    style = "good" if held.leaked == 0 else ""
    return line(f"  {what:<16}{wait:<19}", (f"{held.leaked:,} characters", style))
