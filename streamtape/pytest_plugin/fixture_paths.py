"""Where the cassette of a fixture lies whose scope is wider than one test.

Module and class scope: with the cassettes of the test's module, as `fixture.<name>.tape` and
`<Class>.fixture.<name>.tape`. Package scope: `cassettes/conftest/` in the package's folder.
Session scope: beside the file that defines the fixture, or in the root directory where that file
is an installed plugin's. What the fixture sends while it is torn down has a file of its own, which
ends in `.teardown.tape`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamtape.pytest_plugin.fixture_coverage import XUNIT, closure
from streamtape.stores.locations import FileLocation
from streamtape.transport.cassette_paths import cassette_path, safe_name

PREFIX = "fixture."
_TEARDOWN = ".teardown"


def is_cassette_of_fixture(path: Path) -> bool:
    """Whether a file has the name of a fixture's cassette."""
    return f".{PREFIX}" in f".{path.name}"


def path_of_fixture(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, *, teardown: bool
) -> FileLocation:
    """The cassette of one instance of a fixture."""
    name = ".".join([*_classes(fixturedef, request), f"{PREFIX}{_name(fixturedef.argname)}"])
    parameters = "-".join(_parameters(fixturedef, request))
    if parameters:
        name = f"{name}[{parameters}]"
    name += ".overridden" * _depth(fixturedef, request)
    # A file system may ignore case; which other names there are is not known here.
    given = parameters if XUNIT.match(fixturedef.argname) else parameters + fixturedef.argname
    safe = safe_name(name, differs_by_case=given != given.lower())
    return cassette_path(None, _home(fixturedef, request), f"{safe}{_TEARDOWN if teardown else ''}")


def _name(argname: str) -> str:
    match = XUNIT.match(argname)
    return match[1] if match else argname


def _classes(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> list[str]:
    if fixturedef.scope != "class":
        return []
    return [node.name for node in request.node.listchain() if isinstance(node, pytest.Class)]


def _home(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Path:
    """The file beside which the folder `cassettes` lies, and that names the folder in it."""
    if fixturedef.scope != "session":
        path: Path = request.node.path
        return path / "conftest.py" if path.is_dir() else path
    code = getattr(inspect.unwrap(fixturedef.func), "__code__", None)
    file = Path("plugin.py" if code is None else code.co_filename)
    root = request.config.rootpath
    if file.is_relative_to(root) and "site-packages" not in file.parts:
        return file
    return root / file.name


def _parameters(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Iterator[str]:
    """What tells instances apart: the parameters of the fixture and of those that it needs."""
    item: Any = request._pyfuncitem
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return
    needed = closure(item, fixturedef.argname)
    definitions = item._fixtureinfo.name2fixturedefs
    for name, value in callspec.params.items():
        if name not in needed:
            continue
        index = callspec.indices[name]
        ids = getattr(definitions[name][-1], "ids", None) if name in definitions else None
        if isinstance(ids, list | tuple) and index < len(ids) and ids[index] is not None:
            yield str(ids[index])
        elif value is None or isinstance(value, str | int | float | bool):
            yield str(value)
        else:
            yield f"{name}{index}"


def _depth(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> int:
    """How many fixtures of the same name and scope, in the same place, override this one."""
    if fixturedef.scope == "session":
        return 0
    item = request._pyfuncitem
    chain = list(item.session._fixturemanager.getfixturedefs(fixturedef.argname, item) or ())
    after = chain[chain.index(fixturedef) + 1 :] if fixturedef in chain else []
    return sum(one.scope == fixturedef.scope for one in after)
