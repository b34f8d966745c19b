"""`@streamtape.cassette`: a cassette for a function, a method, or every test of a class.

It works under pytest, unittest and by hand. Under pytest the plugin opens the session, so that
fixtures and command line apply, too, and the decorator only adds its options; elsewhere it opens
the session itself, around the call. The decorated function keeps its signature.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack, overload

from streamtape.errors import UsageError
from streamtape.session.options import OptionFields, Options
from streamtape.stores.locations import FileLocation
from streamtape.transport import run_defaults
from streamtape.transport.cassette_paths import cassette_path, name_of_test

if TYPE_CHECKING:
    from streamtape.transport.use_cassette import use_cassette

ATTRIBUTE = "__streamtape__"
T = TypeVar("T", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, eq=False)
class CassetteSpec:
    """What one decoration asks for; `covers` are decorations further in that it speaks for.

    `explicit` says that it was meant for one test, and not for all of a class.
    """

    cassette: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    supersedes: tuple[CassetteSpec, ...] = ()
    explicit: bool = True

    def merge(self, outer: CassetteSpec) -> CassetteSpec:
        """Both together: this one is nearer to the test, and its word counts."""
        options = {**outer.options, **self.options}
        supersedes = (self, outer, *self.supersedes)
        return CassetteSpec(self.cassette or outer.cassette, options, supersedes, self.explicit)


class Decorator(Protocol):
    """What `cassette(...)` with arguments returns."""

    def __call__(self, target: T, /) -> T: ...


@overload
def cassette(target: T, /) -> T: ...
@overload
def cassette(
    name: str | os.PathLike[str] | None = None, /, **options: Unpack[OptionFields]
) -> Decorator: ...
def cassette(target: Any = None, /, **options: Any) -> Any:
    """Record or replay a test's requests: `@cassette`, or `@cassette("name.tape", speed=1.0)`.

    Decorates functions and methods, sync and async, and classes (each of their tests then has a
    cassette of its own). Without a name the cassette is `cassettes/<module>/<test>.tape` beside the
    test; a bare name lies in the same folder. Options are those of `streamtape.Options`; the mode
    is `once`, and `none` where `CI` is set. If a test fails, its recording is kept if all streams
    are complete, else written to `NAME.tape.failed` (`record_on_exception` True keeps it in any
    case). UsageError for an unknown option.
    """
    if callable(target) or isinstance(target, classmethod | staticmethod):
        if options:
            raise UsageError("write @cassette(...) with options, then what it decorates below it")
        return _decorated(target, CassetteSpec())
    Options.of(**options)
    name = None if target is None else os.fspath(target)
    spec = CassetteSpec(name, options)
    return lambda decorated: _decorated(decorated, spec)


def spec_of_function(function: Any) -> CassetteSpec | None:
    """What a test function was decorated with, if it was."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, CassetteSpec) else None


def _decorated(target: Any, spec: CassetteSpec) -> Any:
    if isinstance(target, type):
        return _class(target, spec)
    if isinstance(target, classmethod | staticmethod):
        return type(target)(_decorated(target.__func__, spec))
    inner = spec_of_function(target)
    spec = spec if inner is None else inner.merge(spec)
    return _with(target, spec, _wrapper(target, spec))


def _class(target: type, spec: CassetteSpec) -> type:
    spec = replace(spec, explicit=False, options={"allow_no_requests": True, **spec.options})
    for name in dir(target):
        method = inspect.getattr_static(target, name)
        plain = isinstance(method, classmethod | staticmethod) or inspect.isfunction(method)
        if name.startswith("test") and plain:
            setattr(target, name, _decorated(method, spec))
    return target


def _with(function: Any, spec: CassetteSpec, wrapper: Any) -> Any:
    functools.update_wrapper(wrapper, function)
    setattr(wrapper, ATTRIBUTE, spec)
    return wrapper


def _wrapper(function: Callable[..., Any], spec: CassetteSpec) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        async def run_async(*args: Any, **kwargs: Any) -> Any:
            if _is_served(spec):
                return await function(*args, **kwargs)
            async with _session(function, spec, args):
                return await function(*args, **kwargs)

        return run_async
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(
            f"@cassette can't decorate {function.__qualname__}, which yields; open the cassette "
            "inside it: `with streamtape.use_cassette(...)`"
        )

    def run(*args: Any, **kwargs: Any) -> Any:
        if _is_served(spec):
            return function(*args, **kwargs)
        with _session(function, spec, args):
            return function(*args, **kwargs)

    return run


def _is_served(spec: CassetteSpec) -> bool:
    from streamtape.transport import patch

    return any(
        isinstance(owner, CassetteSpec) and (owner is spec or spec in owner.supersedes)
        for owner in patch.owners()
    )


def _session(
    function: Callable[..., Any], spec: CassetteSpec, args: tuple[Any, ...]
) -> use_cassette:
    from streamtape.transport.use_cassette import use_cassette

    defaults = {"mode": run_defaults.default_mode(), "record_on_exception": "whole"}
    cassette_file = _cassette_path(function, spec.cassette, args)
    return use_cassette.with_defaults(cassette_file, defaults, spec.options)


def _cassette_path(
    function: Callable[..., Any], name: str | None, args: tuple[Any, ...]
) -> FileLocation:
    names = function.__qualname__.rpartition("<locals>.")[2].split(".")
    code = inspect.unwrap(function).__code__
    file, beside = Path(code.co_filename), function.__globals__
    if len(names) > 1 and args and hasattr(type(args[0]), names[-1]):
        # A test that a class inherits is a test of that class, and has a cassette of its own.
        owner = type(args[0])
        names = [*owner.__qualname__.rpartition("<locals>.")[2].split("."), names[-1]]
        file = Path(inspect.getfile(owner))
        return cassette_path(name, file, name_of_test(names, None, dir(owner)))
    return cassette_path(name, file, name_of_test(names, None, list(beside)))
