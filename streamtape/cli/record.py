"""`streamtape record`: record one request, or everything that goes through a proxy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from streamtape.cli import child_process, completion_values, options, output
from streamtape.cli.child_process import WithChild
from streamtape.errors import NothingRecordedError, UsageError


@click.command(
    cls=WithChild,
    epilog="""\b
Examples:
  streamtape record -o run.tape https://sse.example.com/stream
  streamtape record -o run.tape https://api.openai.com/v1/responses \\
      -H "Authorization: Bearer $OPENAI_API_KEY" \\
      -d '{"model": "gpt-4.1", "input": "Say hi.", "stream": true}'
  streamtape record -o run.tape URL -d @request.json --force
  streamtape record -o run.tape -- python app.py
  streamtape record -o run.tape --upstream https://api.openai.com --port 8080
  streamtape record -o run.tape --upstream /a=http://127.0.0.1:9001 --upstream /b=URL

\b
Secrets in headers, cookies and URLs are masked before anything is written.
Ctrl-C, SIGTERM and SIGHUP save what there is. Exit status: a child's own; 1 where the stream broke
(it is recorded as it broke), 2 where no response came at all. An error status of the response, such
as 401, is recorded and named; with --fail it makes the exit status 1.""",
)
@click.argument("url", type=completion_values.URL, required=False)
@click.option(
    "-o",
    "--output",
    "path",
    type=completion_values.FILE,
    required=True,
    metavar="FILE",
    help="The cassette.",
)
@click.option(
    "-X",
    "--request",
    "method",
    metavar="METHOD",
    help="The request's method (default: GET, or POST with -d).",
)
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header.")
@click.option(
    "-d",
    "--data",
    multiple=True,
    metavar="DATA|@FILE",
    help="The body, sent as it is; @FILE reads it from a file, @- from stdin.",
)
@click.option(
    "-L", "--location", is_flag=True, help="Follow redirects; each is recorded as an interaction."
)
@click.option(
    "-f", "--fail", is_flag=True, help="Exit status 1 for a response with a status from 400 on."
)
@click.option(
    "--compressed", is_flag=True, help="Request a compressed body; print it decompressed."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.001),
    metavar="SECONDS",
    help="Give up after this long without data (default: never).",
)
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="[/PATH=]URL",
    help="Run a recording proxy for this URL; with /PATH=URL, for requests below that path.",
)
@click.option(
    "--provider",
    "providers",
    type=completion_values.PROVIDER,
    multiple=True,
    metavar="NAME",
    help="The proxy's upstream by name: openai, anthropic, ... (a child's default: all).",
)
@child_process.served
@click.option(
    "--mode",
    type=completion_values.MODE,
    metavar="MODE",
    help="Record mode: none, once (the default), new_episodes or all.",
)
@click.option("--force", is_flag=True, help="Replace an existing cassette: the same as --mode all.")
@options.as_json
def command(*, url: str | None, path: str, mode: str | None, force: bool, **given: Any) -> None:
    """Record what URL streams; or a command after `--`; or any client, through a proxy.

    A URL is requested as curl -N does: what comes is printed as it comes. A command after `--` runs
    with OPENAI_BASE_URL, ANTHROPIC_BASE_URL and the like pointing at a recording proxy; where its
    clients went past these, a warning says so, if they heed HTTP_PROXY. --upstream or --provider
    with --port run that proxy alone, until Ctrl-C. WebSockets go through it as requests do. --ui
    shows the streams growing, in a page of the proxy's own.

    A cassette that is there is not touched without --force or --mode. With --json a stream is not
    printed, but what was recorded.
    """
    from streamtape.cli.files import named_file
    from streamtape.tape.store.files import check_replaceable

    if force and mode not in {None, "all"}:
        raise UsageError(f"--force is --mode all; it can't go with --mode {mode}")
    proxied = bool(given["child"] or given["upstreams"] or given["providers"])
    if (url is None) != proxied:
        raise UsageError(
            "nothing to record: give a URL, a command after `--`, or --upstream or --provider "
            "for a proxy (one of them)"
        )
    if proxied and given["fail"]:
        raise UsageError(
            "--fail is for a URL; a child process and the clients of a proxy see the status "
            "themselves"
        )
    if url is not None and given["ui"]:
        raise UsageError("--ui shows what a proxy records: name an --upstream, not a URL")
    if url is not None and not url.lower().startswith(("http://", "https://")):
        raise UsageError(f"invalid URL {url!r}: it must begin with http:// or https://")
    place = named_file(path, "-o", "run.tape")
    if mode is None and not force and place.exists():
        check_replaceable(place)
        raise UsageError(
            f"the cassette {str(place)!r} exists: --force replaces it, --mode new_episodes adds to "
            "it"
        )
    record_mode = "all" if force else mode or "once"
    if url is None:
        raise click.exceptions.Exit(_through_proxy(path, record_mode, given))
    raise click.exceptions.Exit(_one(url, path, record_mode, given))


def _one(url: str, path: str, mode: str, given: dict[str, Any]) -> int:
    """Send one request."""
    from streamtape.cli.http_request import RequestOptions, body_of, headers_of, send

    body = body_of(given["data"])
    options_given = RequestOptions(
        method=given["method"] or ("GET" if body is None else "POST"),
        url=url,
        headers=headers_of(given["headers"], body, compressed=given["compressed"]),
        body=body,
        timeout_s=given["timeout"],
        follow=given["location"],
    )
    status = send(options_given, path, mode=mode, quiet=given["as_json"], fail=given["fail"])
    if given["as_json"]:
        _report_json(path)
    return status


def _through_proxy(path: str, mode: str, given: dict[str, Any]) -> int:
    """Run the proxy, beside a child or alone; the cassette is written when it stops."""
    from streamtape.cli import dashboard
    from streamtape.metrics.measures import ERROR_STATUS
    from streamtape.report.measures import refused_text
    from streamtape.server.child import until_signal
    from streamtape.server.proxy import RecordingProxy
    from streamtape.session.options import Options
    from streamtape.units import count

    Options.of(mode=mode)  # an unknown mode is refused before anything starts
    proxy = RecordingProxy(
        path,
        upstream=_by_path(given["upstreams"]),
        providers=given["providers"] or None,
        host=given["host"],
        port=given["port"] or 0,
        cors=given["cors"],
        allowed_hosts=given["allow_host"],
        mode=mode,  # type: ignore[arg-type]  # checked by Options.of
    )
    if given["ui"]:
        child_process.show_dashboard(proxy, dashboard.of_proxy(proxy, path))
    status = 0
    try:
        # Signals are caught until the cassette is written.
        with until_signal() as signals, proxy:
            if given["child"]:
                status = child_process.run_beside(proxy, given["child"], given["env"], signals)
            else:
                _report_mounts(proxy)
                child_process.listen(
                    proxy, f"recording to {path}", signals, as_json=given["as_json"]
                )
    except NothingRecordedError as error:
        if not status:
            raise
        output.note(f"Error: {error}")  # a child that failed is the better reason
        return status
    output.note(f"recorded {path}: {count(proxy.session.n_recorded, 'interaction')}")
    heads = [one.head for one in proxy.session.interactions if one.head is not None]
    if failed := refused_text(head.status for head in heads if head.status >= ERROR_STATUS):
        output.note(f"warning: answered with errors: {failed}")
    if given["as_json"]:
        _report_json(path)
    return status


def _by_path(upstreams: Sequence[str]) -> dict[str, str] | str | None:
    """Upstreams as they were given: one for all, or by path."""
    if not upstreams:
        return None
    if len(upstreams) == 1 and not upstreams[0].startswith("/"):
        return upstreams[0]
    found: dict[str, str] = {}
    for text in upstreams:
        path, _, url = text.partition("=") if text.startswith("/") else ("", "", text)
        if path in found:
            what = f"the path {path!r}" if path else "all paths"
            raise UsageError(f"--upstream {text}: {what} has an upstream already: {found[path]}")
        found[path] = url
    return found


def _report_mounts(proxy: Any) -> None:
    for mount in proxy.mounts:
        output.note(f"{proxy.url}{mount.prefix}{mount.base_path} → {mount.target}{mount.base_path}")


def _report_json(path: str) -> None:
    from streamtape.report.summary import summary
    from streamtape.tape.store import load

    output.write_json(summary(load(path)))
