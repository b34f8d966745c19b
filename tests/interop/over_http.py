"""Whether a client that no patch reaches sees the same with us in between.

A client is run against the endpoint itself, then through the recording proxy, then against the
replay server with the endpoint gone. What it sees should be the same three times.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import streamtape
from streamtape.mock.server import MockServer
from tests.patience import PATIENCE_S

SEEN = TypeVar("SEEN")


def three_times(
    tape: Path, run: Callable[[str], SEEN], *, cors: str | tuple[str, ...] = ()
) -> tuple[SEEN, SEEN, SEEN]:
    """What a client sees of the endpoint itself, through the proxy, and from the replay.

    `cors` are the origins that we let in.
    """
    with MockServer(gap_us=500, seed=7, cors=cors) as endpoint:
        direct = run(endpoint.url)
        with streamtape.RecordingProxy(tape, upstream=endpoint.url, cors=cors) as proxy:
            proxied = run(proxy.url)
            assert endpoint.wait_for(idle=True, timeout_s=PATIENCE_S), "the upstream was left open"
    with streamtape.serve(tape, cors=cors) as server:
        replayed = run(server.url)
        assert not server.misses, server.misses[0].text
    return direct, proxied, replayed
