"""`streamtape replay`: the steps of a cassette, played to stdout or served to any client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import child_process, completion_values, options, output
from streamtape.cli.child_process import WithChild
from streamtape.cli.errors import FINDINGS
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from streamtape.content.decode import Decoder
    from streamtape.playback.faults import Fault
    from streamtape.playback.steps import Step
    from streamtape.tape.model import Ending, Interaction


@click.command(
    cls=WithChild,
    epilog="""\b
Examples:
  streamtape replay run.tape                     as it was recorded
  streamtape replay run.tape --speed 4 --idle-limit 1
  streamtape replay run.tape --speed max | grep ^data:
  streamtape replay run.tape --pace ttft=800ms,tokens=40/s --rechunk event
  streamtape replay run.tape --fault cut@event=12
  streamtape replay run.tape --json              the steps, one JSON object a line
  streamtape replay run.tape --port 8080         a server, for any client
  streamtape replay run.tape -- python app.py    a child that is answered by it

\b
Faults (events count from 0; @byte=900 counts bytes; ? is a place by --seed):
  cut@event=12, cut@byte=900:rst    closed there, or reset; also @head, @end
  stall=30s@event=5, stall=1s@head  silence for so long; slow headers
  error@event=5, done@event=5       the provider's error event; an early [DONE]
  drop@event=3, double, swap        one event missing, twice, after the next one
  corrupt@event=3, utf8@event=3     a wrong byte in it; half a character
  http=429,retry_after=1            instead of the stream, the first time; times=N

\b
Exit status: a child's own; of a server 1 where a request was not answered; else 1
where a played stream did not end as complete. 1 where a fault struck nothing.""",
)
@click.argument("tapes", type=completion_values.FILE, metavar="FILE...", nargs=-1, required=True)
@options.at_index
@options.paced
@options.playback_options
@click.option(
    "--raw", is_flag=True, help="Write the bytes as on the wire, without decompressing them."
)
@child_process.served
@click.option(
    "--repeat", is_flag=True, help="For a server: interactions may answer more than once."
)
@options.as_json
def command(*, tapes: tuple[str, ...], index: int | None, raw: bool, **given: Any) -> None:
    """Play the interactions of FILE to stdout, or serve them to any client.

    To stdout, what was recorded is played in order, at the recorded pace; how a stream ended, where
    it was not complete, is on stderr. With --port FILEs and folders of them are served over HTTP,
    with a page at / that shows what was played. A command after `--` runs with
    OPENAI_BASE_URL, ANTHROPIC_BASE_URL and the like pointing at that server; it needs no key. So do
    HTTP_PROXY, HTTPS_PROXY and ALL_PROXY: what goes past the base URLs is refused and named. --ui
    makes the page a dashboard, which follows what is played and what misses.
    """
    _check(given)
    if given["port"] is not None or given["child"]:
        if index is not None or raw:
            raise UsageError(
                "--index and --raw are for stdout; a server serves what clients request"
            )
        status = _serve(tapes, given)
    else:
        status = _to_stdout(tapes, index, raw=raw, given=given)
    raise click.exceptions.Exit(status)


def _check(given: dict[str, Any]) -> None:
    """Refuse invalid texts of pace, cuts and faults before a file is opened."""
    from streamtape.playback.faults import parse_faults
    from streamtape.playback.pace import parse_pace
    from streamtape.playback.rechunk import parse_rechunk

    if given["pace"] is not None:
        parse_pace(given["pace"])
    parse_rechunk(given["rechunk"])
    parse_faults(given["faults"])


def _serve(tapes: tuple[str, ...], given: dict[str, Any]) -> int:
    from streamtape.cli import dashboard
    from streamtape.server.child import until_signal
    from streamtape.server.replay import ReplayServer

    struck = _Struck()
    server = ReplayServer(
        *tapes,
        host=given["host"],
        port=given["port"] or 0,
        speed=given["speed"],
        idle_limit=given["idle_limit"],
        pace=given["pace"],
        rechunk=given["rechunk"],
        fault=given["faults"],
        seed=given["seed"],
        on_fault=struck,
        repeat=given["repeat"],
        cors=given["cors"],
        allowed_hosts=given["allow_host"],
    )
    if given["ui"]:
        child_process.show_dashboard(server, dashboard.of_replay(server, ", ".join(tapes)))
    with until_signal() as signals, server:
        if given["child"]:
            status = child_process.run_beside(server, given["child"], given["env"], signals)
        else:
            from streamtape.units import count

            serving = f"serving {count(len(server.interactions), 'interaction')}"
            child_process.listen(server, serving, signals, as_json=given["as_json"])
            status = 0
    status = status or (FINDINGS if server.misses else 0)
    for miss in server.misses:
        output.note(f"missed: {miss.line}")
    if server.misses:
        output.note(server.misses[-1].text)
    if server.unplayed:
        output.note(
            f"{len(server.unplayed)} of {len(server.interactions)} interactions were not requested"
        )
    return status or struck.status(given["faults"])


def _to_stdout(
    tapes: tuple[str, ...], index: int | None, *, raw: bool, given: dict[str, Any]
) -> int:
    from streamtape.tape.store import load

    n_failed = 0
    struck = _Struck()
    for cassette in map(load, tapes):
        for number in options.chosen(len(cassette), index):
            interaction = cassette[number]
            if not given["as_json"]:
                _print_head(number, interaction)
            obey = _as_json(number) if given["as_json"] else _body(raw=raw)
            failed = _play(_arranged(interaction, number, given, struck), obey)
            if failed is not None:
                n_failed += 1
                output.note(f"interaction {number}: {ending_text(failed)}")
    unstruck = struck.status(given["faults"])
    return FINDINGS if n_failed else unstruck


def _arranged(
    interaction: Interaction, number: int, given: dict[str, Any], struck: _Struck
) -> Iterator[Step]:
    """The steps as --speed, --pace, --rechunk and --fault say; faults that strike are reported."""
    from streamtape.playback.build import build_steps

    return build_steps(
        interaction,
        speed=given["speed"],
        idle_limit=given["idle_limit"],
        pace=given["pace"],
        rechunk=given["rechunk"],
        faults=given["faults"],
        seed=given["seed"],
        number=number,
        on_fault=struck,
    )


class _Struck:
    """Reports each fault as it strikes, and at the end those that did not."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __call__(self, fault: Fault) -> None:
        self._faults.append(fault)
        output.note(f"fault: {fault}")

    def status(self, texts: Sequence[str]) -> int:
        """FINDINGS, and a note, where a fault that was given struck nothing; else 0."""
        from streamtape.playback.faults import ANYWHERE, parse_faults

        status = 0
        for fault in parse_faults(texts):
            # One at a place left to chance strikes at a place that is known.
            found = [f.moved_to(ANYWHERE) for f in self._faults] if fault.at == ANYWHERE else ()
            if fault not in self._faults and fault not in found:
                output.note(f"fault {fault} had no effect: no stream that was played got that far")
                status = FINDINGS
        return status


def _print_head(number: int, interaction: Interaction) -> None:
    request, head = interaction.request, interaction.head
    answer = f"{head.status} {head.reason}".rstrip() if head else "no response"
    output.note(f"interaction {number}: {request.method} {request.url} → {answer}")


def ending_text(ending: Ending) -> str:
    """One line that describes an ending that is not complete."""
    if ending.kind == "error":
        reason = ": ".join(part for part in (ending.exception, ending.message) if part)
        return f"the stream breaks here with {reason or 'an error'}"
    if ending.kind == "abandoned":
        return "the recording ends here: its client had stopped reading (abandoned)"
    why = f": {ending.message}" if ending.message else ""
    return f"the recording ends here: it was never finished{why} (unfinished)"


def _play(sequence: Iterator[Step], obey: Callable[[Step], None]) -> Ending | None:
    """Wait where the sequence says so, and give every step to `obey`; the ending where it fails."""
    from streamtape.playback.steps import Fail, WaitUntil
    from streamtape.transport.clocks import SystemClock

    clock = SystemClock()
    start_us = clock.now_us()
    failed = None
    for step in sequence:
        if isinstance(step, WaitUntil):
            clock.wait_until(start_us + step.at_us)
        elif isinstance(step, Fail):
            failed = step.error
        obey(step)
    return failed


def _body(*, raw: bool) -> Callable[[Step], None]:
    """Write the bytes of Emit steps to stdout, unpacked as the head of the response says.

    Of a dialogue, a line a message of the server.
    """
    from streamtape.content.decode import decoder_for
    from streamtape.playback.steps import Emit, Send, Start

    decoder: Decoder = decoder_for(None)
    write = output.body_writer()

    def obey(step: Step) -> None:
        nonlocal decoder
        if isinstance(step, Start) and not raw:
            decoder = decoder_for(step.head.get("content-encoding"))
        elif isinstance(step, Emit):
            write(decoder.feed(step.data))
        elif isinstance(step, Send) and step.message.is_data:
            write(step.message.data + (b"\n" if step.message.final else b""))

    return obey


def _as_json(number: int) -> Callable[[Step], None]:
    """Write each step as a line of JSON."""
    from streamtape.playback.steps import Emit, Fail, Receive, Send, Start, WaitUntil
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
        elif isinstance(step, Send | Receive):
            name = "send" if isinstance(step, Send) else "receive"
            line |= {"step": name, "kind": step.message.kind, **data_fields(step.message.data)}
        elif isinstance(step, Fail):
            error = step.error
            line |= {"step": "fail", "kind": error.kind, "exception": error.exception}
            line["message"] = error.message
        output.write_json(line, indent=None)

    return obey
