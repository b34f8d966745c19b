"""Context manager of a session, for `with` and `async with`: opens, activates, closes it.

It knows neither where the session comes from nor its options; whoever inherits from it opens one.
The same context may be entered again, also inside of itself.
"""

from __future__ import annotations

from types import TracebackType

from streamtape.async_entry import AsyncEntry
from streamtape.session.session import Session
from streamtape.transport import patch

Opened = tuple[Session, Session | None]  # a session, and the one that was active before


class SessionContext(AsyncEntry):
    """The context manager; `_open` holds what was entered and not left."""

    __slots__ = ()
    _open: list[Opened]

    def _session(self) -> Session:
        raise NotImplementedError

    def __enter__(self) -> Session:
        before = patch.current()
        session = self._session()
        try:
            patch.activate(session)
        except BaseException as error:
            session.close(error)
            raise
        self._open.append((session, before))
        return session

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session, before = self._open.pop()
        patch.deactivate(session, before)
        session.close(error)
