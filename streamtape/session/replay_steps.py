"""The steps that an interaction gets in a session, or in whatever plays by a session's options.

In process, over HTTP and behind a proxy the same options give the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from streamtape.playback.steps import Await, Step, steps_at_once
from streamtape.session.options import Options
from streamtape.tape.model import Interaction

if TYPE_CHECKING:
    from streamtape.playback.faults import Fault

_MAY_BE_WHOLE = {"abandoned", "unfinished"}  # though nobody saw the end


def import_parts(interactions: Sequence[Interaction], options: Options) -> None:
    """Import now what `steps_for` needs for these, so that no request waits for it."""
    kept = all(one.ending.kind not in _MAY_BE_WHOLE for one in interactions)
    if options.plays_as_recorded and kept:
        return
    from streamtape.playback import build

    build.import_parts(
        interactions,
        cuts=options.rechunk is not None,
        pace=options.pace is not None,
        faults=bool(options.faults),
    )


def steps_for(
    interaction: Interaction,
    options: Options,
    *,
    attempt: int = 0,
    number: int | None = None,
    on_fault: Callable[[Fault], None] | None = None,
    others: Sequence[Await] = (),
) -> Iterator[Step]:
    """The steps of an interaction as the options want them.

    `attempt` is how often it was requested before, `number` its place in the cassette;
    `on_fault` is called with each fault as it strikes. `others` are requests that began
    while it went on.
    """
    kept = interaction.ending.kind not in _MAY_BE_WHOLE
    if options.plays_as_recorded and kept and not others:
        return steps_at_once(interaction)
    from streamtape.playback.build import build_steps  # brings the framers: not for every replay

    return build_steps(
        interaction,
        speed=options.speed,
        idle_limit=options.idle_limit,
        pace=options.pace,
        rechunk=options.rechunk,
        faults=options.faults,
        seed=options.seed,
        attempt=attempt,
        number=number,
        on_fault=on_fault,
        others=others,
    )
