"""The fixture `tape_server`: the session of a test, behind a port, for clients of any kind.

    def test_the_cli(tape_server):
        subprocess.run(["node", "app.js"], env=os.environ | tape_server.child_env(), check=True)

It replays and records by the session's options: marks, `tape_config`, options, ini file. Requests
that come over the port are the session's own, so that a miss fails the test as one in process does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from streamtape.errors import UsageError
from streamtape.server.proxy import RecordingProxy
from streamtape.transport.clocks import VirtualClock

if TYPE_CHECKING:
    from streamtape.pytest_plugin.stash import OpenCassette


@contextmanager
def serving(taping: OpenCassette) -> Iterator[RecordingProxy]:
    """A running server for the session of one test."""
    session = taping.session
    if isinstance(session.clock, VirtualClock):
        raise UsageError(
            f"tape_server plays to other processes, which do not follow this clock: remove "
            f"clock={session.options.clock!r} and set speed= or pace="
        )
    upstream = taping.own.get("upstream")
    server = RecordingProxy(session, upstream=upstream, environ=os.environ)
    session.add_own_origin(server.url, server.url.replace("127.0.0.1", "localhost"))
    with server:
        yield server
