"""`streamtape replay`: the score of a cassette, played to stdout or served to any client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import children, options, output
from streamtape.cli.children import WithChild
from streamtape.cli.trouble import FINDINGS
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from streamtape.playback.steps import Step
    from streamtape.tape.decoding import Decoder
    from streamtape.tape.model import Interaction


@click.command(
    cls=WithChild,
    epilog="""\b
Examples:
  streamtape replay run.tape                     as it was recorded
  streamtape replay run.tape --speed 4 --idle-limit 1
  streamtape replay run.tape --speed max | grep ^data:
  streamtape replay run.tape --json              the steps, one JSON object a line
  streamtape replay run.tape --port 8080         a server, for any client
  streamtape replay run.tape -- python app.py    a child that is answered by it

\b
Exit status: a child's own; of a server 1 where a request was not answered; else 1
where a played stream did not end as complete.""",
)
@click.argument("tapes", metavar="FILE...", nargs=-1, required=True)
@options.at_index
@options.paced
@click.option("--raw", is_flag=True, help="The bytes as on the wire, compressed if they were.")
@children.served
@click.option("--repeat", is_flag=True, help="Of a server: interactions may answer again.")
@options.as_json
def command(*, tapes: tuple[str, ...], index: int | None, raw: bool, **given: Any) -> None:
    """Play the interactions of FILE to stdout, or serve them to any client.

    To stdout, what was recorded is played in order, at the recorded pace; how a stream ended, where
    it was not complete, is said on stderr. With --port FILEs and folders of them are served over
    HTTP, with a page at / that shows what was played. A command after `--` runs with
    OPENAI_BASE_URL, ANTHROPIC_BASE_URL and the like pointing at that server; it needs no key.
    """
    if given["port"] is not None or given["child"]:
        if index is not None or raw:
            raise UsageError("--index and --raw are for stdout; a server serves what is asked for")
        status = _serve(tapes, given)
    else:
        status = _to_stdout(tapes, index, raw=raw, given=given)
    raise click.exceptions.Exit(status)


def _serve(tapes: tuple[str, ...], given: dict[str, Any]) -> int:
    from streamtape.server.replay import ReplayServer

    server = ReplayServer(
        *tapes,
        host=given["host"],
        port=given["port"] or 0,
        speed=given["speed"],
        idle_limit=given["idle_limit"],
        repeat=given["repeat"],
        cors=given["cors"],
        allowed_hosts=given["allow_host"],
    )
    with server:
        if given["child"]:
            status = children.run_beside(server, given["child"], given["env"])
        else:
            count = f"{len(server.interactions)} interactions"
            children.listen(server, f"serving {count}", as_json=given["as_json"])
            status = FINDINGS if server.misses else 0
    for miss in server.misses:
        output.note(f"missed: {miss.line}")
    if server.misses:
        output.note(server.misses[-1].text)
    if server.unplayed:
        output.note(f"{len(server.unplayed)} of {len(server.interactions)} were not asked for")
    return status


def _to_stdout(
    tapes: tuple[str, ...], index: int | None, *, raw: bool, given: dict[str, Any]
) -> int:
    from streamtape.playback.pacing import paced
    from streamtape.playback.steps import steps
    from streamtape.tape.store import load

    broken = 0
    for cassette in map(load, tapes):
        for number in options.chosen(len(cassette), index):
            interaction = cassette[number]
            if not given["as_json"]:
                _say_head(number, interaction)
            score = paced(
                steps(interaction), factor=given["speed"], idle_limit_s=given["idle_limit"]
            )
            _play(score, _as_json(number) if given["as_json"] else _body(interaction, raw=raw))
            if interaction.ending.kind != "complete":
                broken += 1
                output.note(f"interaction {number}: {ending_text(interaction)}")
    return FINDINGS if broken else 0


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


def _as_json(number: int) -> Callable[[Step], None]:
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
