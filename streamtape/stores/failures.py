"""Exceptions of other libraries' stores, turned into streamtape's errors in one place.

Every backend of fsspec has exceptions of its own. They are recognised by what they are (permission,
a missing file) where Python has a class for that, else by their names and texts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from streamtape.errors import CassetteWriteError, StoreError, StreamtapeError
from streamtape.stores.traffic import own_traffic
from streamtape.stores.urls import without_credentials, without_secrets

_ACCESS = (
    "credential",
    "unauthorized",
    "accessdenied",
    "forbidden",
    "accesskey",
    "signature",
)
_AWAY = ("connect", "timeout", "resolve", "dns", "unreachable", "endpoint")
_ADVICE = (
    "; give credentials as fsspec takes them (environment variables such as AWS_PROFILE, or its "
    "configuration in ~/.config/fsspec)"
)


@contextmanager
def calling(path: str | os.PathLike[str], doing: str) -> Iterator[None]:
    """Call a store: what it sends is marked as its own, and what it raises becomes a StoreError.

    Where one writes, it is a CassetteWriteError.

    FileNotFoundError, and errors that are ours already, are left as they are.
    """
    try:
        with own_traffic():
            yield
    except (StreamtapeError, FileNotFoundError):
        raise
    except Exception as error:
        url = os.fspath(path)
        shown = without_credentials(url)
        message = f"cannot {doing} {shown!r}: {_reason(error, url)}"
        kind = CassetteWriteError if doing == "write" else StoreError
        raise kind(message, path=shown) from error


def _reason(error: Exception, url: str) -> str:
    text = " ".join(str(error).split())
    reason = without_secrets(text, url) or type(error).__name__
    name = type(error).__name__.lower()
    if isinstance(error, PermissionError) or any(
        word in f"{name} {text.lower()}" for word in _ACCESS
    ):
        return f"no permission ({reason}){_ADVICE}"
    if isinstance(error, ConnectionError | TimeoutError) or any(word in name for word in _AWAY):
        return f"the store can't be reached ({reason})"
    if isinstance(error, OSError | RuntimeError):
        return reason
    return f"{type(error).__name__}: {reason}"
