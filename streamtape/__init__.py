"""Record one real event stream exactly, replay it into any client, diff two runs, test with it.

    with streamtape.use_cassette("run.tape"):
        ...                      # recorded the first time, replayed from then on

Names are imported when they are first used, so that `import streamtape` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from streamtape.tape import views as _views

__version__ = "0.1.0"

# Where each public name lives. Kept sorted; a test holds it against `__all__` and reality.
_HOMES = {
    "Cassette": "streamtape.tape.model",
    "CassetteError": "streamtape.errors",
    "StreamtapeError": "streamtape.errors",
    "load": "streamtape.tape.store",
    "recover": "streamtape.tape.store",
    "save": "streamtape.tape.store",
}

__all__ = [
    "Cassette",
    "CassetteError",
    "StreamtapeError",
    "__version__",
    "load",
    "recover",
    "save",
]


class _Views:
    """Hands the readers to the values in `tape`, which may not import them."""

    def __getattr__(self, name: str) -> Any:
        homes = {"frames": "streamtape.framing.select", "events": "streamtape.dialects.select"}
        module = import_module(homes.get(name, "streamtape.dialects.transcript"))
        return getattr(module, name)


_views.provide(_Views)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'streamtape' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
