"""`streamtape mock`: a local mock provider for any client, with or without rules."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import child_process, completion_values, options, output
from streamtape.cli.child_process import WithChild
from streamtape.cli.errors import FINDINGS
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from streamtape.mock.server import MockServer

_PACE = "ttft=300ms,tokens=50/s"
_PORT = 8484


@click.command(
    cls=WithChild,
    epilog="""\b
Examples:
  streamtape mock                                answers by itself, at a usual pace
  streamtape mock rules.yaml --port 8080
  streamtape mock rules.yaml --pace at_once -- pytest
  streamtape mock --fault http=429,retry_after=1 --fault cut@event=12
  streamtape mock rules.yaml --record-missing https://api.openai.com -o rest.tape
  streamtape mock --metrics                      counts for Prometheus at /metrics
  streamtape mock --schema > rules.schema.json   what a file of rules may hold

\b
A file of rules (YAML, TOML or JSON):
  rules:
    - contains: weather
      reply: [{call: get_weather, arguments: {city: Oslo}}]
      then: It is 12 °C.
    - schema: true
      reply: [{structured: {city: Oslo}}]
    - matches: "^teapot"
      reply: [{fail: overloaded, status: 503, retry_after_s: 2}]

\b
One request may ask for more, behind its model's name: "gpt-4.1?cut=12",
"scripted:refusal". A base path /t/NAME or the header X-Streamtape-Test keeps
the requests of a test apart; /__streamtape shows what came.

\b
Exit status: a child's own; else 1 where a request was not answered.""",
)
@click.argument("rules", type=completion_values.FILE, metavar="[RULES]", required=False)
@options.playback_options
@click.option(
    "--port", type=int, metavar="N", help=f"Port to listen on (default {_PORT}; 0: any free one)."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen here.")
@click.option(
    "--fallback", is_flag=True, help="Answer requests that no rule matches with ready-made answers."
)
@click.option(
    "--record-missing",
    type=completion_values.URL,
    metavar="URL",
    help="Forward requests that no rule matches to this provider; record them in -o FILE.",
)
@click.option(
    "-o", "--output", "cassette", type=completion_values.FILE, metavar="FILE",
    help="The cassette of --record-missing.",
)  # fmt: skip
@click.option("--metrics", is_flag=True, help="Serve counts for Prometheus at /metrics.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of rule files and exit.")
@click.option(
    "--cors",
    multiple=True,
    metavar="ORIGIN",
    help="Allow pages of this origin to send requests (CORS).",
)
@click.option(
    "--allow-host", multiple=True, metavar="NAME", help="A further host name for this server."
)
@click.option(
    "--env", multiple=True, metavar="NAME[=PATH]",
    help="Set this variable of the child to the server's URL, too.",
)  # fmt: skip
@options.as_json
def command(*, rules: str | None, schema: bool, **given: Any) -> None:
    """Serve made-up answers in every dialect, streamed or not, on one port.

    OpenAI Responses (also over WebSocket), Chat Completions, Realtime, Anthropic, Gemini and Ollama
    are spoken. Without RULES, a request with tools gets a call of the first of them, and an answer
    once it brings the result; one with a JSON schema gets JSON that fits; any other a text. What
    RULES don't answer is a miss, which names the nearest rule. A command after `--` runs with
    OPENAI_BASE_URL, ANTHROPIC_BASE_URL and the like pointing at this server; it needs no key.
    """
    if schema:
        from streamtape.mock.rule_files import schema as schema_of_rules

        output.write_json(schema_of_rules())
        return
    raise click.exceptions.Exit(_serve(rules, given))


def _serve(rules: str | None, given: dict[str, Any]) -> int:
    from streamtape.mock.loading import load_rules
    from streamtape.mock.server import MockServer
    from streamtape.server.child import until_signal

    if given["record_missing"] and not given["cassette"]:
        raise UsageError("--record-missing needs -o FILE, the cassette of what it records")
    if given["cassette"] and not given["record_missing"]:
        raise UsageError("-o is the cassette of --record-missing URL: give both")
    port = given["port"]
    if port is None:
        port = 0 if given["child"] else _PORT
    found = load_rules(_path(rules))
    server = MockServer(
        found,
        host=given["host"],
        port=port,
        pace=given["pace"] or _PACE,
        rechunk=given["rechunk"],
        fault=given["faults"],
        seed=given["seed"],
        fallback=True if given["fallback"] else None,
        record_missing=given["record_missing"],
        cassette=given["cassette"],
        metrics=given["metrics"],
        cors=given["cors"],
        allowed_hosts=given["allow_host"],
    )
    with until_signal() as signals, server:
        if given["child"]:
            status = child_process.run_beside(server, given["child"], given["env"], signals)
        else:
            gc.freeze()
            from streamtape.units import count

            says = f"answering by {count(len(found), 'rule')}" if found else "answering"
            child_process.listen(server, says, signals, as_json=given["as_json"])
            status = 0
    return status or _report(server)


def _path(rules: str | None) -> Any:
    from pathlib import Path

    return None if rules is None else Path(rules)


def _report(server: MockServer) -> int:
    """Report what was missed and recorded; get the exit status."""
    if server.n_recorded:
        output.note(f"recorded {server.n_recorded} answers of the real provider")
    for text in server.misses[-5:]:
        output.note(f"missed: {text}")
    return FINDINGS if server.misses else 0
