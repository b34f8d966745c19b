"""`streamtape record`: send one request, print what comes as it comes, and record it."""

from __future__ import annotations

from pathlib import Path

import click

from streamtape.cli import options, output
from streamtape.cli.sending import Asked, body_of, headers_of, send
from streamtape.errors import UsageError


@click.command(
    epilog="""\b
Examples:
  streamtape record -o run.tape https://sse.example.com/stream
  streamtape record -o run.tape https://api.openai.com/v1/responses \\
      -H "Authorization: Bearer $OPENAI_API_KEY" \\
      -d '{"model": "gpt-4.1", "input": "Say hi.", "stream": true}'
  streamtape record -o run.tape URL -d @request.json --force

\b
Secrets in headers, cookies and URLs are masked before anything is written.
Ctrl-C saves what there is, as abandoned. Exit status: 1 where the stream broke
(it is recorded as it broke), 2 where no response came at all."""
)
@click.argument("url")
@click.option("-o", "--output", "path", required=True, metavar="FILE", help="The cassette.")
@click.option("-X", "--request", "method", metavar="METHOD", help="GET, or POST where -d is given.")
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header.")
@click.option(
    "-d",
    "--data",
    multiple=True,
    metavar="DATA|@FILE",
    help="The body, sent as it is; @FILE reads it from a file, @- from stdin.",
)
@click.option("-L", "--location", is_flag=True, help="Follow redirects; each is an interaction.")
@click.option("--compressed", is_flag=True, help="Ask for a compressed body, print it unpacked.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.001),
    metavar="SECONDS",
    help="Give up where nothing comes for so long (default: never).",
)
@click.option("--mode", metavar="MODE", help="none, once (the default), new_episodes or all.")
@click.option("--force", is_flag=True, help="Replace the cassette that is there: --mode all.")
@options.as_json
def command(
    *,
    url: str,
    path: str,
    method: str | None,
    headers: tuple[str, ...],
    data: tuple[str, ...],
    location: bool,
    compressed: bool,
    timeout: float | None,
    mode: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Send one request to URL, print the stream as it comes, and record it.

    A cassette that is there is not touched without --force or --mode. With --json the stream is
    not printed, but what was recorded.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise UsageError(f"{url!r} is no address: it should begin with http:// or https://")
    if force and mode not in {None, "all"}:
        raise UsageError(f"--force is --mode all; it can't go with --mode {mode}")
    if mode is None and not force and Path(path).exists():
        raise UsageError(
            f"there is a cassette {path!r} already: --force replaces it, --mode new_episodes adds "
            "to it"
        )
    body = body_of(data)
    asked = Asked(
        method=method or ("GET" if body is None else "POST"),
        url=url,
        headers=headers_of(headers, body, compressed=compressed),
        body=body,
        timeout_s=timeout,
        follow=location,
    )
    status = send(asked, path, mode="all" if force else mode or "once", quiet=as_json)
    if as_json:
        from streamtape.report.summary import summary
        from streamtape.tape.store import load

        output.write_json(summary(load(path)))
    raise click.exceptions.Exit(status)
