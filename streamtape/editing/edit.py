"""`edit`: change what a recording says, keep its cuts and times, and check the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from streamtape.analysis.check import check
from streamtape.analysis.streams import Source, opened
from streamtape.checks.finding import Finding
from streamtape.editing.anonymise import anonymised
from streamtape.editing.facts import finishes, set_finish, set_model
from streamtape.editing.opened import OpenInteraction
from streamtape.editing.text_edits import Where, edit_texts
from streamtape.editing.times import parse_shift, shift_answers
from streamtape.editing.times import shift_clock as move_clock
from streamtape.editing.tool_arguments import set_arguments
from streamtape.editing.usage import counts_in, parse_usage, set_usage
from streamtape.errors import UsageError
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.scanning import mask

_MOST_SHOWN = 3
_Change = Callable[[Sequence[OpenInteraction]], None]


def edit(
    source: Source,
    *,
    text: Mapping[str, str] | None = None,
    where: Where = "answers",
    tool_argument: Mapping[str, str] | None = None,
    model: str | None = None,
    finish: str | None = None,
    usage: Mapping[str, int] | str | None = None,
    shift_times: str | int | None = None,
    shift_clock: str | int | None = None,
    drop: Sequence[int] = (),
    merge: Sequence[Source] = (),
    index: int | None = None,
    anonymise: bool = False,
    allow_findings: bool = False,
) -> Cassette:
    """Edit a recording (a path, a cassette or one interaction); get the edited one.

    `text` replaces texts in what was answered (`where`: also "requests" or "both"), however they
    were cut into deltas. `tool_argument` sets arguments of tool calls (`city`, `get_weather.city`,
    `get_weather[1].city`). `model`, `finish` ("length", "stop", ...) and `usage` ({"input": 10} or
    "input=10,output=5") set facts of responses. `shift_times` moves what came back ("2s", "-300ms",
    or microseconds), `shift_clock` the whole recording on the calendar. `drop` leaves interactions
    out and `merge` adds those of other recordings; `index` edits one interaction alone (of what is
    left after that).

    `anonymise` replaces all content by neutral words of the same length, so that a recording can be
    published. Structure, the fields and fixed words of the APIs, cuts, relative times and counts
    stay; of all other headers, names, ids, addresses, media, encrypted content and notes nothing
    does. It is the last edit, and applies to all interactions.

    Everything that repeats what was changed is changed alike: done values, the last word, tokens,
    offsets, later requests. Chunks keep their cuts and times, untouched frames their bytes, and
    `interaction.edits` says what was edited. Secrets in new texts are masked.

    UsageError if something is not found or is ambiguous, or if the result would violate a rule
    (`check`) that the recording did not, unless `allow_findings` is True.
    """
    kept = joined(source, drop, merge)
    chosen = _chosen(kept, index)
    changes: list[_Change] = []
    if text:
        changes.append(lambda ones: edit_texts(ones, text, where))
    if tool_argument:
        changes.append(lambda ones: set_arguments(ones, tool_argument))
    if model is not None:
        changes.append(lambda ones: _model(ones, model))
    if finish is not None:
        changes.append(lambda ones: _finish(ones, finish))
    if usage:
        changes.append(lambda ones: _usage(ones, usage))
    if shift_clock is not None:
        changes.append(lambda ones: _shift_clock(ones, shift_clock))
    interactions = list(kept)
    for change in changes:
        mine = [OpenInteraction(interactions[n]) for n in chosen]
        change(mine)
        for n, one in zip(chosen, mine, strict=True):
            interactions[n] = one.write()
    if shift_times is not None:
        by_us = _shift(shift_times, "shift_times")
        shifted = shift_answers([interactions[n] for n in chosen], by_us)
        for n, moved in zip(chosen, shifted, strict=True):
            interactions[n] = moved
    if anonymise:
        if index is not None:
            raise UsageError("anonymise is for a whole recording: leave index out")
        interactions = anonymised(interactions)
    return _finished(kept, interactions, allow_findings=allow_findings)


def _finished(
    before: Sequence[Interaction], after: list[Interaction], *, allow_findings: bool
) -> Cassette:
    """The edited recording: secrets in what is new masked, and checked by its rules."""
    changed = [n for n, one in enumerate(after) if one is not before[n]]
    masked = mask(Cassette(tuple(after[n] for n in changed)))
    for n, one_masked in zip(changed, masked, strict=True):
        after[n] = one_masked
    if not allow_findings:
        refuse_new_findings([(n, before[n], after[n]) for n in changed])
    return Cassette(tuple(after))


def joined(source: Source, drop: Sequence[int], merge: Sequence[Source]) -> Cassette:
    """The interactions of recordings, without those that are to be left out of the first.

    They are in the order in which they were sent, where all of them know when that was.
    """
    first = tuple(opened(source)[1])
    gone = {_number(n, len(first), "drop") for n in drop}
    kept = [one for n, one in enumerate(first) if n not in gone]
    if gone and not kept and not merge:
        raise UsageError("every interaction was dropped: nothing would be left")
    for other in merge:
        kept += opened(other)[1]
    if merge and all(one.started_at_us is not None for one in kept):
        kept.sort(key=lambda one: one.started_at_us or 0)
    return Cassette(tuple(kept))


def _number(n: int, count: int, what: str) -> int:
    at = n + count if n < 0 else n
    if not 0 <= at < count:
        have = f"interactions 0 to {count - 1}" if count else "no interactions"
        raise UsageError(f"{what} {n}: the recording has {have}")
    return at


def _chosen(cassette: Cassette, index: int | None) -> list[int]:
    count = len(cassette)
    return list(range(count)) if index is None else [_number(index, count, "index")]


def _model(ones: Sequence[OpenInteraction], name: str) -> None:
    if not name:
        raise UsageError("the name of the model is empty")
    for one in ones:
        set_model(one, name)


def _finish(ones: Sequence[OpenInteraction], reason: str) -> None:
    found = [one for one in ones if finishes(one)]
    if not found:
        raise UsageError("no response has a finish reason that could be changed")
    _refuse_several(found, f"finish {reason}")
    set_finish(found[0], reason)


def _refuse_several(found: Sequence[OpenInteraction], what: str) -> None:
    if len(found) > 1:
        raise UsageError(
            f"{what}: {len(found)} responses have it; choose one with --index N (index=N)"
        )


def _usage(ones: Sequence[OpenInteraction], usage: Mapping[str, int] | str) -> None:
    text = usage if isinstance(usage, str) else ",".join(f"{k}={v}" for k, v in usage.items())
    new = parse_usage(text)
    having = [one for one in ones if counts_in(one) & {*new}]
    _refuse_several(having, f"usage {text}")
    found = set().union(*(set_usage(one, new) for one in having))
    for role in new:
        if role not in found:
            raise UsageError(f"usage {role}={new[role]}: no response has this count")


def _shift(value: str | int, option: str) -> int:
    return value if isinstance(value, int) else parse_shift(value, option)


def _shift_clock(ones: Sequence[OpenInteraction], value: str | int) -> None:
    by_us = _shift(value, "shift_clock")
    for one in ones:
        move_clock(one, by_us)


def refuse_new_findings(changed: Sequence[tuple[int, Interaction, Interaction]]) -> None:
    """UsageError where a recording breaks a rule after its edit that it kept before."""
    for number, before, after in changed:
        new = new_findings(check(before), check(after))
        if new:
            shown = "; ".join(
                f"{found.rule}: {found.where.what or 'stream'} {found.message}"
                for found in new[:_MOST_SHOWN]
            )
            raise UsageError(
                f"interaction {number} would violate further rules: {shown}; to write it anyway, "
                "allow findings (--allow-findings, allow_findings=True)"
            )


def new_findings(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """What is found after an edit more often than before it, by rule and severity."""
    left = Counter[tuple[str, str]]()
    for found in before:
        left[found.rule, found.severity] += found.count
    new = []
    for found in after:
        left[found.rule, found.severity] -= found.count
        if left[found.rule, found.severity] < 0:
            new.append(found)
    return new
