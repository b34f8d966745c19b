"""The public names: what is promised is there, lazily, and type checkers see the same."""

import ast
import subprocess
import sys
from pathlib import Path

import streamtape
from tests.children import unmeasured


def test_every_public_name_is_there() -> None:
    """Each name of `__all__` can be had, and comes from where the package says."""
    for name in streamtape.__all__:
        assert getattr(streamtape, name) is not None
    assert set(streamtape.__all__) == {*streamtape._HOMES, "__version__"}


def test_names_are_sorted() -> None:
    """`__all__` and the table of homes are sorted, so that changes merge well."""
    assert streamtape.__all__ == sorted(streamtape.__all__)
    assert list(streamtape._HOMES) == sorted(streamtape._HOMES)


def test_type_checkers_see_the_same_names() -> None:
    """The imports for type checkers name the same homes as the lazy table."""
    tree = ast.parse(Path(streamtape.__file__).read_text())
    imported = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("streamtape")
        for alias in node.names
    }
    assert imported == streamtape._HOMES


def test_importing_the_package_loads_nothing_heavy() -> None:
    """`import streamtape` imports no HTTP library, no codec, no terminal library."""
    heavy = [
        "httpx",
        "httpx2",
        "zstandard",
        "msgpack",
        "msgspec",
        "rich",
        "click",
        "asyncio",
        "typing",
    ]
    code = f"import streamtape, sys; print([m for m in {heavy!r} if m in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=unmeasured()
    )
    assert out.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name is told as Python tells it."""
    assert not hasattr(streamtape, "use_casette")
    assert "use_cassette" in dir(streamtape)
