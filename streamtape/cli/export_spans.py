"""`streamtape export --to otlp`: recordings sent as spans."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from streamtape.cli import output, parallel
from streamtape.units import count


def send(
    paths: Sequence[str],
    endpoint: str | None,
    header_lines: Sequence[str],
    *,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> dict[str, Any]:
    """Send the recordings of some paths, and say what was sent."""
    from streamtape.cli.files import Tapes
    from streamtape.cli.http_request import parse_header
    from streamtape.otlp.sender import Sender
    from streamtape.otlp.spans import spans_of

    sender = Sender(endpoint, dict(map(parse_header, header_lines)), environ=os.environ)
    found = Tapes(paths)
    len(found)  # refuses names that mean nothing
    result: dict[str, Any] = {
        "endpoint": sender.endpoint,
        "recordings": 0,
        "interactions": 0,
        "without_times": 0,
        "spans": 0,
        "rejected": 0,
        "collector_says": [],
        "unreadable": {},
    }
    with sender:
        for batch in parallel.in_batches(
            spans_of, found, doing="sending", jobs=jobs, cluster=cluster
        ):
            for one in batch:
                sender.send(one.spans)
                result["recordings"] += 1
                result["interactions"] += one.interactions
                result["without_times"] += one.n_timeless
                if one.error:
                    result["unreadable"][one.name] = one.error
                    output.note(f"Error: {one.error}")
    result["spans"], result["rejected"] = sender.n_sent, sender.n_rejected
    result["collector_says"] = sender.collector_says
    if result["rejected"]:
        output.note(f"the collector rejected {count(result['rejected'], 'span')}")
    for message in sender.collector_says:
        output.note(f"the collector says: {message}")
    output.write_json(result) if as_json else _report(result)
    return result


def _report(result: dict[str, Any]) -> None:
    read = result["recordings"] - len(result["unreadable"])
    output.write_text(
        f"{result['endpoint']}: {count(result['spans'], 'span')} of {count(read, 'recording')}"
    )
    if result["without_times"]:
        output.note(
            f"{count(result['without_times'], 'interaction')} without a time of sending: not sent"
        )
    if result["unreadable"]:
        output.note(f"{count(len(result['unreadable']), 'recording')} can't be read")
