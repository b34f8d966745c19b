"""The seam of httpx and httpx2: where a client picks its transport.

`Client._transport_for_url` and its async twin see custom transports, mounts, proxies, ASGI and the
SDKs' own transports alike.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from streamtape.transport.patches import Patches, SessionOf
from streamtape.transport.transports import TapeTransport

SEAM = "_transport_for_url"


def patch(module: ModuleType, patches: Patches, session_of: SessionOf) -> None:
    """Put a session before the transports of all clients; InstallError where the seam is gone."""

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def transport_for_url(client: Any, url: Any) -> Any:
            inner = original(client, url)
            session = None if isinstance(inner, TapeTransport) else session_of()
            return inner if session is None else TapeTransport(session, inner)

        return transport_for_url

    instead = "pass a streamtape.RecordingTransport or ReplayTransport to the client"
    for kind in (module.Client, module.AsyncClient):
        patches.replace(kind, SEAM, wrapped, instead=instead)
