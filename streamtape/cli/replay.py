"""`streamtape replay`: the score of a cassette, played to stdout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import options, output
from streamtape.cli.trouble import FINDINGS

if TYPE_CHECKING:
    from streamtape.playback.steps import Step
    from streamtape.tape.decoding import Decoder
    from streamtape.tape.model import Interaction


@click.command(
    epilog="""\b
Examples:
  streamtape replay run.tape                     as it was recorded
  streamtape replay run.tape --speed 4 --idle-limit 1
  streamtape replay run.tape --speed max | grep ^data:
  streamtape replay run.tape --json              the steps, one JSON object a line

Exit status: 1 where a played stream did not end as complete."""
)
@click.argument("tape", metavar="FILE")
@options.at_index
@options.paced
@click.option("--raw", is_flag=True, help="The bytes as on the wire, compressed if they were.")
@options.as_json
def command(
    *,
    tape: str,
    index: int | None,
    speed: float | None,
    idle_limit: float | None,
    raw: bool,
    as_json: bool,
) -> None:
    """Play the interactions of FILE to stdout, at the recorded pace.

    What was recorded is played in order; how a stream ended, where it was not complete, is said on
    stderr.
    """
    from streamtape.playback.pacing import paced
    from streamtape.playback.steps import steps
    from streamtape.tape.store import load

    cassette = load(tape)
    broken = 0
    for number in options.chosen(len(cassette), index):
        interaction = cassette[number]
        if not as_json:
            _say_head(number, interaction)
        score = paced(steps(interaction), factor=speed, idle_limit_s=idle_limit)
        player = _steps_as_json(number) if as_json else _body(interaction, raw=raw)
        _play(score, player)
        if interaction.ending.kind != "complete":
            broken += 1
            output.note(f"interaction {number}: {ending_text(interaction)}")
    raise click.exceptions.Exit(FINDINGS if broken else 0)


def _say_head(number: int, interaction: Interaction) -> None:
    request, head = interaction.request, interaction.head
    answer = f"{head.status} {head.reason}".rstrip() if head else "no response"
    output.note(f"interaction {number}: {request.method} {request.url} → {answer}")


def ending_text(interaction: Interaction) -> str:
    """What to say of an ending that is not complete, in one line."""
    ending = interaction.ending
    if ending.kind == "error":
        said = ": ".join(part for part in (ending.exception, ending.message) if part)
        return f"the recorded stream broke here with {said or 'an error'}"
    if ending.kind == "abandoned":
        return "the recording ends here: its client had stopped reading (abandoned)"
    why = f": {ending.message}" if ending.message else ""
    return f"the recording ends here: it was never finished{why} (unfinished)"


def _play(score: Iterator[Step], obey: Callable[[Step], None]) -> None:
    """Wait where the score says so, and give every step to `obey`."""
    from streamtape.playback.steps import WaitUntil
    from streamtape.transport.clock import SystemClock

    clock = SystemClock()
    start_us = clock.now_us()
    for step in score:
        if isinstance(step, WaitUntil):
            clock.wait_until(start_us + step.at_us)
        obey(step)


def _body(interaction: Interaction, *, raw: bool) -> Callable[[Step], None]:
    """Write the bytes of Emit steps to stdout."""
    from streamtape.playback.steps import Emit
    from streamtape.tape.decoding import decoder_for

    encoding = interaction.head.get("content-encoding") if interaction.head else None
    decoder: Decoder | None = None if raw else decoder_for(encoding)

    def obey(step: Step) -> None:
        if isinstance(step, Emit):
            output.write_bytes(step.data if decoder is None else decoder.feed(step.data))

    return obey


def _steps_as_json(number: int) -> Callable[[Step], None]:
    """Write each step as a line of JSON."""
    from streamtape.playback.steps import Emit, Start, WaitUntil
    from streamtape.report.summary import data_fields, pairs

    at_us: int | None = None

    def obey(step: Step) -> None:
        nonlocal at_us
        line: dict[str, Any] = {"interaction": number, "at_us": at_us}
        if isinstance(step, WaitUntil):
            at_us = step.at_us
            return
        if isinstance(step, Start):
            line |= {"step": "start", "status": step.head.status}
            line["headers"] = pairs(step.head.headers)
        elif isinstance(step, Emit):
            line |= {"step": "emit", **data_fields(step.data)}
        else:
            error = step.error
            line |= {"step": "fail", "kind": error.kind, "exception": error.exception}
            line["message"] = error.message
        output.write_json(line, indent=None)

    return obey
