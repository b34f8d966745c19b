"""The steps of a replay: cuts, pace and faults applied together.

All players use this module, so an option means the same in process, over HTTP and on the command
line. The bytes are first cut, then paced, then faults are injected: a stall has its full length at
any pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from streamtape.errors import UsageError
from streamtape.playback.faults import Fault, Faults, parse_faults
from streamtape.playback.ordering import ordered
from streamtape.playback.pace import Pace, at_pace, parse_pace
from streamtape.playback.pacing import at_once as without_waits
from streamtape.playback.pacing import paced
from streamtape.playback.rechunk import Rechunk, parse_rechunk, rechunked
from streamtape.playback.steps import Await, Step, steps, steps_at_once
from streamtape.tape.model import Interaction


def build_steps(
    interaction: Interaction,
    *,
    speed: float | None = None,
    idle_limit: float | None = None,
    pace: str | Pace | None = None,
    rechunk: str | Rechunk | None = None,
    faults: Faults = (),
    seed: int = 0,
    attempt: int = 0,
    number: int | None = None,
    on_fault: Callable[[Fault], None] | None = None,
    others: Sequence[Await] = (),
) -> Iterator[Step]:
    """Build the steps that replay an interaction with these options.

    Without a `pace`, `speed` counts (None: at once) with `idle_limit`, in seconds; with one they
    are applied after it. `attempt` is how often the interaction was requested before, and `number`
    its place in the cassette, for faults that strike only so often, or one interaction only.
    `on_fault` is called with each fault when it strikes. `others` are requests that what came after
    them waits for.
    UsageError for invalid texts, raised here and not while playing.
    """
    cuts = parse_rechunk(rechunk)
    parsed_faults = [fault for fault in parse_faults(faults) if fault.strikes(attempt, number)]
    chosen = None if pace is None else parse_pace(pace)
    at_once = speed is None and chosen is None and cuts.how == "recorded" and not parsed_faults
    if at_once and not others:
        sequence = steps_at_once(interaction)
    else:
        sequence = ordered(steps(interaction), others)
    if interaction.ending.kind in {"abandoned", "unfinished"}:
        from streamtape.playback.completeness import without_final_fail

        sequence = without_final_fail(sequence, interaction)
    if at_once:
        return without_waits(sequence) if others else sequence
    if interaction.is_dialogue:
        sequence = _dialogue_at_pace(sequence, chosen, speed, idle_limit, seed)
    else:
        if cuts.how != "recorded" or chosen is not None:
            sequence = _cut_and_timed(sequence, interaction, cuts, chosen, seed)
            speed = 1.0 if speed is None and chosen is not None else speed
        sequence = paced(sequence, factor=speed, idle_limit_s=idle_limit)
    return (
        _with_faults(sequence, interaction, parsed_faults, seed, on_fault)
        if parsed_faults
        else sequence
    )


def import_parts(
    interactions: Iterable[Interaction], *, cuts: bool, pace: bool, faults: bool
) -> None:
    """Import now what `build_steps` would import, so that no request waits for it."""
    if any(one.ending.kind in {"abandoned", "unfinished"} for one in interactions):
        import streamtape.playback.completeness
    if cuts or pace or faults:
        import streamtape.playback.positions
    if pace or faults:  # both may look at events
        import streamtape.dialects.content
        import streamtape.dialects.parsed
        import streamtape.dialects.tables
        import streamtape.dialects.transcript
        import streamtape.playback.token_schedule
    if faults:
        import streamtape.playback.dialogue_faults  # noqa: F401  # and, by it, fault_injection


def _cut_and_timed(
    sequence: Iterator[Step], interaction: Interaction, cuts: Rechunk, pace: Pace | None, seed: int
) -> Iterator[Step]:
    """The steps of a body, cut anew, then at a pace that looks into it."""
    from streamtape.playback.positions import framer_of

    new_framer = framer_of(interaction)
    sequence = rechunked(sequence, cuts, new_framer=new_framer, seed=seed)
    if pace is None:
        return sequence
    return at_pace(sequence, pace, interaction=interaction, new_framer=new_framer, seed=seed)


def _with_faults(
    sequence: Iterator[Step],
    interaction: Interaction,
    faults: Sequence[Fault],
    seed: int,
    on_fault: Callable[[Fault], None] | None,
) -> Iterator[Step]:
    """The steps with faults in them."""
    from streamtape.framing.sse import SSEParser
    from streamtape.playback.dialogue_faults import inject_dialogue_faults
    from streamtape.playback.fault_injection import FaultContext, inject_faults
    from streamtape.playback.positions import framer_of

    new_framer = SSEParser if interaction.is_dialogue else framer_of(interaction)
    replay = FaultContext(interaction, new_framer, seed, on_fault or (lambda fault: None))
    inject = inject_dialogue_faults if interaction.is_dialogue else inject_faults
    return inject(sequence, faults, replay)


def _dialogue_at_pace(
    sequence: Iterator[Step],
    pace: Pace | None,
    speed: float | None,
    idle_limit: float | None,
    seed: int,
) -> Iterator[Step]:
    """The steps of a dialogue at a pace; its messages are never cut."""
    if pace is not None:
        if pace.ttft_ms is not None or pace.tokens_per_s is not None:
            raise UsageError(
                f"pace {str(pace)!r}: a WebSocket dialogue supports a factor (2x), rate=, idle= "
                "and jitter=, but not ttft= or tokens="
            )
        sequence, speed = at_pace(sequence, pace, seed=seed), speed or 1.0
    return paced(sequence, factor=speed, idle_limit_s=idle_limit)
