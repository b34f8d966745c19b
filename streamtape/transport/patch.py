"""The one patch a library: where a client picks its transport.

`Client._transport_for_url` and its async twin, of httpx and httpx2, see custom transports, mounts,
proxies, ASGI and the SDKs' own transports alike. The seam is private, so its absence is an error,
never a silence. Sessions are found by a ContextVar; a thread that has no context of its own uses
the one active session. The patch is counted and undone exactly; a library that is imported while
it is in place is patched then (importing it here would be in the way of `httpx2.alias_httpx()`).
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from streamtape.errors import AmbiguousSessionError, InstallError
from streamtape.session.session import Session
from streamtape.transport.client_library import LIBRARIES
from streamtape.transport.transports import TapeTransport

SEAM = "_transport_for_url"
_current: ContextVar[Session | None] = ContextVar("streamtape_session", default=None)


class Installation:
    """Which sessions are active, and the patches that serve them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._sessions: list[Session] = []
        self._holders = 0
        self._owners: dict[int, object] = {}
        self._patched: set[type[Any]] = set()
        self._originals: dict[Any, Any] = {}  # by what stands in their place
        self._watch = _ImportWatch(self._patch)

    def add(self, session: Session, owner: object = None) -> None:
        """Make a session active; the first one installs the patches."""
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

    def hold(self) -> None:
        """Have the patches stay, also while no session is active: `let_go` takes them out."""
        with self._lock:
            if not self._sessions and not self._holders:
                self._install()
            self._holders += 1

    def let_go(self) -> None:
        """Undo one `hold`."""
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

    def _install(self) -> None:
        try:
            for name in LIBRARIES:
                module = sys.modules.get(name)
                if module is not None:
                    self._patch(module)
        except InstallError:
            self._uninstall()
            raise
        if self._watch not in sys.meta_path:
            sys.meta_path.insert(0, self._watch)

    def _uninstall(self) -> None:
        if self._watch in sys.meta_path:
            sys.meta_path.remove(self._watch)
        for kind in self._patched:
            # If somebody has patched over us since, our function stays below it and lets pass.
            while (seam := kind.__dict__.get(SEAM)) in self._originals:
                setattr(kind, SEAM, self._originals[seam])
        self._patched.clear()
        self._originals.clear()

    def _patch(self, module: ModuleType) -> None:
        with self._lock:
            for kind in (module.Client, module.AsyncClient):
                seam = kind.__dict__.get(SEAM)
                if seam is None:
                    version = getattr(module, "__version__", "unknown")
                    raise InstallError(
                        f"{module.__name__} {version} has no {kind.__name__}.{SEAM}, where "
                        "streamtape hooks in; use an older release of it or a newer streamtape, "
                        "or pass a streamtape.RecordingTransport or ReplayTransport to the client"
                    )
                if seam not in self._originals:  # new, or patched over while the patch was held
                    ours = self._wrapped(seam)
                    setattr(kind, SEAM, ours)
                    self._originals[ours] = seam
                    self._patched.add(kind)

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def transport_for_url(client: Any, url: Any) -> Any:
            inner = original(client, url)
            session = None if isinstance(inner, TapeTransport) else self.session()
            return inner if session is None else TapeTransport(session, inner)

        return transport_for_url


class _ImportWatch(MetaPathFinder):
    """Calls `imported` with a library right after it was imported."""

    def __init__(self, imported: Callable[[ModuleType], None]) -> None:
        self._imported = imported

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in LIBRARIES:
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
            self._imported(module)

        loader.exec_module = exec_module


_installation = Installation()


def activate(session: Session, owner: object = None) -> None:
    """Have requests of this context, and of threads without one, go to a session.

    `owner` is the decoration that the session was opened for, where a test run opened it.
    """
    _installation.add(session, owner)
    _current.set(session)


def adopt(session: Session) -> None:
    """Have requests of this context, too, go to a session that is active."""
    _current.set(session)


def hold() -> None:
    """Have the patches stay between sessions, until `let_go`: for a run of very many short ones.

    Where no session is active they let every request pass. A class that is changed a thousand times
    is slow from then on (Python 3.12 caches nothing of it any more).
    """
    _installation.hold()


def let_go() -> None:
    """Undo one `hold`."""
    _installation.let_go()


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
