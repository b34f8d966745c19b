"""Which transports never leave this process: they call an application, or fake the response.

They cost nothing and have no network to be spared, and what they call is most often the very thing
under test. So they are called in every run, whether there is a cassette or not.
"""

from __future__ import annotations

from typing import Any

# By module and class: httpx and httpx2, Starlette's and FastAPI's TestClient, respx, our own.
_KNOWN = {
    ("httpx", "ASGITransport"),
    ("httpx", "WSGITransport"),
    ("httpx", "MockTransport"),
    ("httpx2", "ASGITransport"),
    ("httpx2", "WSGITransport"),
    ("httpx2", "MockTransport"),
    ("starlette", "_TestClientTransport"),
    ("streamtape", "ASGIStreamTransport"),
}
_MOST_WRAPPED = 4  # transports around transports
_HANDLERS = ("handle_request", "handle_async_request")


def is_in_process(transport: Any, depth: int = 0) -> bool:
    """Whether a transport answers without the network.

    Known are those of httpx, httpx2 and Starlette, our own, classes derived from them, transports
    that wrap nothing but such (retries, caches), and any with a true attribute `in_process`.
    """
    verdict = _of_class(type(transport))
    if verdict is not None:
        return verdict
    if (text := getattr(transport, "in_process", None)) is not None:
        return bool(text)
    if depth == _MOST_WRAPPED:
        return False
    wrapped = [one for one in getattr(transport, "__dict__", {}).values() if _is_transport(one)]
    return bool(wrapped) and all(is_in_process(one, depth + 1) for one in wrapped)


def _is_transport(value: Any) -> bool:
    return not isinstance(value, type) and any(hasattr(type(value), name) for name in _HANDLERS)


def _of_class(kind: type[Any]) -> bool | None:
    """What the class alone says; None where one has to look at the transport itself."""
    for base in kind.__mro__:
        root = base.__module__.partition(".")[0]
        if (root, base.__name__) in _KNOWN:
            return True
        if root in {"httpx", "httpx2"} and base.__name__ in {"HTTPTransport", "AsyncHTTPTransport"}:
            return False
    return None
