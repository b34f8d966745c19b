"""Attributes of other libraries, replaced while sessions are open and restored exactly."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from streamtape.errors import InstallError
from streamtape.session.session import Session

SessionOf = Callable[[], Session | None]
Make = Callable[[Callable[..., Any]], Callable[..., Any]]
_HOOK = "__init_subclass__"
_MISSING = object()


class Patches:
    """Replaced attributes with their originals; `replace` replaces none twice."""

    def __init__(self) -> None:
        self._originals: dict[Any, Any] = {}  # keyed by the replacement
        self._places: list[tuple[Any, str]] = []
        self._hooked: list[type[Any]] = []
        self._recoded: list[tuple[Any, ...]] = []
        self._overridden: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, make: Make, *, instead: str = "") -> None:
        """Put `make(original)` in the place of a function that `owner` itself has.

        InstallError where it has none; `instead` is what a user can do then, besides using other
        versions.
        """
        original = vars(owner).get(name)
        if original is None:
            raise InstallError(_missing(owner, name, instead))
        if original in self._originals:
            return
        ours = make(original)
        setattr(owner, name, ours)
        self._originals[ours] = original
        self._places.append((owner, name))

    def replace_in_subclasses(self, kind: type[Any], name: str, make: Make) -> None:
        """Replace an attribute of a class and of all classes derived from it, now and later."""
        self.replace(kind, name, make)
        todo = list(kind.__subclasses__())
        while todo:
            one = todo.pop()
            todo += one.__subclasses__()
            if name in vars(one):
                self.replace(one, name, make)

        def init_subclass(derived: type[Any], /, **kwargs: Any) -> None:
            super(kind, derived).__init_subclass__(**kwargs)
            if name in vars(derived):
                self.replace(derived, name, make)

        if _HOOK not in vars(kind):
            setattr(kind, _HOOK, classmethod(init_subclass))
            self._hooked.append(kind)

    def override(self, owner: Any, name: str, make: Make) -> None:
        """Put `make(original)` before what `owner` has or inherits; nothing where it has none."""
        original = getattr(owner, name, None)
        if original is None or any((owner, name) == one[:2] for one in self._overridden):
            return
        self._overridden.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, make(original))

    def replace_code(self, function: Any, make: Make) -> None:
        """Put `make(original)` in the place of a function, also for who imported it by its name.

        The function object stays what it is, and gets code that calls ours.
        """
        if any(function is one for one, *_ in self._recoded):
            return
        code, defaults, kwdefaults = (
            function.__code__,
            function.__defaults__,
            function.__kwdefaults__,
        )
        original = FunctionType(
            code, function.__globals__, function.__name__, defaults, function.__closure__
        )
        original.__kwdefaults__ = kwdefaults
        name = f"_streamtape_{function.__name__}"
        space: dict[str, Any] = {}
        exec(f"def call(*args, **kwargs): return {name}(*args, **kwargs)", space)  # noqa: S102 - our own text
        self._recoded.append((function, code, defaults, kwdefaults))
        function.__globals__[name] = make(original)
        function.__kwdefaults__ = function.__defaults__ = None
        function.__code__ = space["call"].__code__

    def undo(self) -> None:
        """Restore everything.

        If another library patched over ours since, our function stays below theirs.
        """
        for owner, name in self._places:
            while (here := vars(owner).get(name)) in self._originals:
                setattr(owner, name, self._originals[here])
        for owner, name, before in self._overridden:
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        for kind in self._hooked:
            delattr(kind, _HOOK)
        for function, code, defaults, kwdefaults in self._recoded:
            function.__code__ = code
            function.__defaults__, function.__kwdefaults__ = defaults, kwdefaults
            del function.__globals__[f"_streamtape_{function.__name__}"]
        self._recoded.clear()
        self._overridden.clear()
        self._places.clear()
        self._originals.clear()
        self._hooked.clear()


def _missing(owner: Any, name: str, instead: str) -> str:
    module = getattr(owner, "__module__", None) or owner.__name__
    root = module.partition(".")[0]
    version = getattr(sys.modules.get(root), "__version__", None)
    version = version or f"of Python {sys.version.partition(' ')[0]}"
    what = getattr(owner, "__qualname__", owner.__name__)
    return (
        f"{root} {version} has no {what}.{name}, where streamtape hooks in; use an older release "
        f"of it or a newer streamtape{instead and ', or '}{instead}"
    )
