"""The active sessions, and the patches of the libraries that they record.

Sessions are found by a ContextVar; a thread that has no context of its own uses the one active
session. The patches are counted and undone exactly. A library that is imported while they are in
place is patched then (importing it here would cost time, and be in the way of
`httpx2.alias_httpx()`). How a library is patched, its seam says: a module with a function
`patch(module, patches, session_of)`. Seams patch private functions of libraries; if one is missing,
that is an error, never ignored.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from streamtape.errors import AmbiguousSessionError, InstallError
from streamtape.session.session import Session
from streamtape.transport.carried import is_carried
from streamtape.transport.patches import Patches
from streamtape.transport.sockets import SOCKETS
from streamtape.transport.unseen import UnseenWatch

# The seam of each library, by the module that is patched once it is imported.
SEAMS = {
    "httpx": "streamtape.transport.httpx_seam",
    "httpx2": "streamtape.transport.httpx_seam",
    "aiohttp": "streamtape.transport.aiohttp_seam",
    "websockets.asyncio.client": "streamtape.transport.websockets_seam",
    "websockets.legacy.client": "streamtape.transport.websockets_seam",
    "websockets.sync.client": "streamtape.transport.websockets_seam",
    "websockets.trio.client": "streamtape.transport.websockets_seam",
    "http.client": "streamtape.transport.http_client_seam",
    # Not recorded, but noticed: they connect in C.
    "curl_cffi.aio": "streamtape.transport.c_clients",
    "curl_cffi.curl": "streamtape.transport.c_clients",
    "grpc._channel": "streamtape.transport.c_clients",
    "grpc.aio._channel": "streamtape.transport.c_clients",
    "pycurl": "streamtape.transport.c_clients",
    "uvloop": "streamtape.transport.c_clients",
}
_current: ContextVar[Session | None] = ContextVar("streamtape_session", default=None)


class Installation:
    """Which sessions are active, and the patches that serve them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._sessions: list[Session] = []
        self._holders = 0
        self._owners: dict[int, object] = {}
        self._patches = Patches()
        self._unseen = UnseenWatch(self.nearest_session)
        self._watch = _ImportWatch(self._patch)

    def add(self, session: Session, owner: object = None) -> None:
        """Make a session active; the first one installs the patches, also what was patched over."""
        with self._lock:
            if not self._sessions:
                self._install()
            self._sessions.append(session)
            self._owners[id(session)] = owner

    def remove(self, session: Session) -> None:
        """Make a session inactive; the last one takes the patches out."""
        with self._lock:
            self._sessions = [s for s in self._sessions if s is not session]
            self._owners.pop(id(session), None)
            if not self._sessions and not self._holders:
                self._uninstall()

    def retain(self) -> None:
        """Have the patches stay, also while no session is active: `release` takes them out."""
        with self._lock:
            if not self._sessions and not self._holders:
                self._install()
            self._holders += 1

    def release(self) -> None:
        """Undo one `retain`."""
        with self._lock:
            self._holders -= 1
            if not self._sessions and not self._holders:
                self._uninstall()

    def owners(self) -> list[object]:
        """On whose behalf the active sessions were opened."""
        with self._lock:
            return list(self._owners.values())

    def session(self) -> Session | None:
        """The session that a request made here and now belongs to.

        AmbiguousSessionError where several are active and the context names none.
        """
        current = _current.get()
        # An event loop that outlives a session keeps the context of its beginning.
        if current is not None and not current.closed and id(current) in self._owners:
            return current
        active = [s for s in self._sessions if not s.closed]
        if len(active) > 1:
            names = ", ".join(repr(s.name) for s in active)
            raise AmbiguousSessionError(
                f"{len(active)} sessions are active ({names}) and this thread or task was started "
                "outside all of them; run it in a copy of the context that has the right one "
                "(contextvars.copy_context().run(...)), or open the session inside it"
            )
        return active[0] if active else None

    def seen_session(self) -> Session | None:
        """The session that a seam serves; None while a session's own request is on its way."""
        return None if is_carried() else self.session()

    def nearest_session(self) -> Session | None:
        """The session of what no seam carries: of several, the one that was opened last."""
        current = _current.get()
        if current is not None and not current.closed and id(current) in self._owners:
            return current
        return next((s for s in reversed(self._sessions) if not s.closed), None)

    def _install(self) -> None:
        try:
            for name in SEAMS:
                module = sys.modules.get(name)
                if module is not None:
                    self._patch(name, module)
        except InstallError:
            self._uninstall()
            raise
        if self._watch not in sys.meta_path:
            sys.meta_path.insert(0, self._watch)
        SOCKETS.add(self._unseen)

    def _uninstall(self) -> None:
        if self._watch in sys.meta_path:
            sys.meta_path.remove(self._watch)
        self._patches.undo()
        SOCKETS.remove(self._unseen)

    def _patch(self, name: str, module: ModuleType) -> None:
        with self._lock:
            import_module(SEAMS[name]).patch(module, self._patches, self.seen_session)


class _ImportWatch(MetaPathFinder):
    """Calls `imported` with a library right after it was imported."""

    def __init__(self, imported: Callable[[str, ModuleType], None]) -> None:
        self._imported = imported

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in SEAMS:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                self._hook(spec)
                return spec
        return None

    def _hook(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        if loader is None:
            return
        original = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            original(module)
            self._imported(module.__name__, module)

        loader.exec_module = exec_module


# A global: the classes of the client libraries are patched once a process.
_installation = Installation()


def activate(session: Session, owner: object = None) -> None:
    """Have requests of this context, and of threads without one, go to a session.

    `owner` is the decoration that the session was opened for, where a test run opened it.
    """
    _installation.add(session, owner)
    _current.set(session)


def bind(session: Session) -> None:
    """Have requests of this context, too, go to a session that is active."""
    _current.set(session)


def retain() -> None:
    """Have the patches stay between sessions, until `release`: for a run of very many short ones.

    Where no session is active they let every request pass. A class that is changed a thousand times
    is slow from then on (Python 3.12 caches nothing of it any more).
    """
    _installation.retain()


def release() -> None:
    """Undo one `retain`."""
    _installation.release()


def owners() -> list[object]:
    """On whose behalf the active sessions were opened."""
    return _installation.owners()


def deactivate(session: Session, before: Session | None) -> None:
    """Undo `activate`; `before` is the session that was current then."""
    _installation.remove(session)
    if before is not None and session.exchanges:
        before.lost_to(session.name, len(session.exchanges))
    if _current.get() is session:
        _current.set(before)


def current() -> Session | None:
    """The session of this context, if it has one that is open."""
    session = _current.get()
    return None if session is None or session.closed else session
