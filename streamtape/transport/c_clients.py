"""Libraries that connect in C, where no socket of Python's is seen: noticed at their own calls.

They are no seams: nothing of them is recorded or replayed. Right before one of them would connect
(uvloop), transfer (pycurl, curl_cffi) or call (gRPC), its host and port are announced at
`SOCKETS`, and an open session refuses or reports them as it does all that it can't see. Where a
release lacks a function named here, its connections go unnoticed, as those of any other C library.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from streamtape.tape.http_values import split_url
from streamtape.transport.patches import Patches, SessionOf
from streamtape.transport.sockets import SOCKETS

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_CALLS = ("__call__", "with_call", "future")
_EFFECTIVE_URL = 0x100001  # CURLINFO_EFFECTIVE_URL: before a transfer, the URL that was set
_ANY_PORT = 443  # default port of a gRPC target


def patch(module: ModuleType, patches: Patches, session_of: SessionOf) -> None:
    """Have the calls of one library announced."""
    del session_of  # whoever listens at the sockets asks for it
    name = module.__name__
    if name == "uvloop":
        loop = getattr(module, "Loop", None)
        patches.override(loop, "create_connection", _connecting)
        patches.override(loop, "create_datagram_endpoint", _datagrams)
    elif name == "pycurl":
        _patch_pycurl(module, patches)
    elif name == "curl_cffi.curl":
        curl = getattr(module, "Curl", None)
        patches.override(curl, "perform", _transferring("curl_cffi"))
    elif name == "curl_cffi.aio":
        curl = getattr(module, "AsyncCurl", None)
        patches.override(curl, "add_handle", _adding("curl_cffi"))
    else:
        _patch_grpc(module, patches)


def _patch_pycurl(module: Any, patches: Patches) -> None:
    """Put subclasses in the place of the types: those of C can't be changed."""

    def easy(original: Any) -> Any:
        return type("Curl", (original,), {"perform": _transferring("pycurl")(original.perform)})

    def multi(original: Any) -> Any:
        return type(
            "CurlMulti", (original,), {"add_handle": _adding("pycurl")(original.add_handle)}
        )

    patches.override(module, "Curl", easy)
    patches.override(module, "CurlMulti", multi)


def _patch_grpc(module: Any, patches: Patches) -> None:
    for name, kind in list(vars(module).items()):
        if not name.endswith("MultiCallable") or kind.__module__ != module.__name__:
            continue
        for call in _CALLS:
            if call in vars(kind):
                patches.override(kind, call, _calling)


def _connecting(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def create_connection(
        loop: Any, factory: Any, host: Any = None, port: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        if host is not None and kwargs.get("sock") is None:
            SOCKETS.announce(_text(host), int(port or 0))
        return await original(loop, factory, host, port, *args, **kwargs)

    return create_connection


def _datagrams(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def create_datagram_endpoint(
        loop: Any, factory: Any, local_addr: Any = None, remote_addr: Any = None, **kwargs: Any
    ) -> Any:
        if isinstance(remote_addr, tuple) and remote_addr[1] == _ANY_PORT:
            SOCKETS.announce(_text(remote_addr[0]), _ANY_PORT)
        return await original(loop, factory, local_addr, remote_addr, **kwargs)

    return create_datagram_endpoint


def _transferring(library: str) -> Callable[..., Any]:
    """For what transfers at once: a handle's own method."""

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def perform(handle: Any, *args: Any, **kwargs: Any) -> Any:
            _announce(library, handle.getinfo(_EFFECTIVE_URL))
            return original(handle, *args, **kwargs)

        return perform

    return wrapped


def _adding(library: str) -> Callable[..., Any]:
    """For what transfers many handles: the method that takes one."""

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def add_handle(multi: Any, handle: Any, *args: Any, **kwargs: Any) -> Any:
            _announce(library, handle.getinfo(_EFFECTIVE_URL))
            return original(multi, handle, *args, **kwargs)

        return add_handle

    return wrapped


def _calling(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def call(callable_: Any, *args: Any, **kwargs: Any) -> Any:
        target = getattr(callable_, "_target", None)  # of asyncio's, the channel has it
        target = target or getattr(callable_._channel, "target", lambda: b"")
        target = _text(target() if callable(target) else target)
        scheme, colon, rest = target.partition(":")
        if colon and scheme in {"dns", "ipv4", "ipv6"}:
            target = rest.rpartition("/")[2]
        if not target.startswith(("unix", "/")):
            _announce("", f"//{target}")
        return original(callable_, *args, **kwargs)

    return call


def _announce(library: str, url: Any) -> None:
    """Announce where a URL leads; a text without a scheme is one of HTTP."""
    text = _text(url)
    try:
        parts = split_url(text if "//" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        return  # the library refuses it
    if parts.hostname:
        SOCKETS.announce(parts.hostname, port or _PORTS.get(parts.scheme, _ANY_PORT), library)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
