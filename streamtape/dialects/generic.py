"""Any event stream at all: what is known without knowing the provider.

The type is the SSE event name, or a field that is often used for it. Nothing is known to add to
anything, so events are not joined. The names that providers share are kept here, too.
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
