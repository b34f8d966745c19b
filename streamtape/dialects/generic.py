"""Any event stream at all: what is known without knowing the provider.

The type is the SSE event name, or a field that is often used for it. Nothing is known to add to
anything, so every event stands for itself. Also where the names that providers share are kept.
"""

from __future__ import annotations

from streamtape.dialects.base import Dialect

GENERIC = Dialect(
    name="generic",
    title="any event stream",
    type_from=("@event", "type", "event_type", "event", "kind", "object"),
    error=("error",),
    model=("model",),
    usage=("usage",),
)
