"""Functions of other libraries are replaced once, in classes yet to be made too, and put back."""

from collections.abc import Callable
from typing import Any

import pytest

from streamtape.errors import InstallError
from streamtape.transport.patches import Patches


class Base:
    def greet(self) -> str:
        return "base"


class Child(Base):
    def greet(self) -> str:
        return f"child of {super().greet()}"


class Plain(Base):
    """It has no greeting of its own."""


def louder(original: Callable[..., str]) -> Callable[..., str]:
    """What stands in the place of a greeting."""
    return lambda self: f"{original(self)}!"


def test_every_class_that_overrides_it() -> None:
    """Once each, those made later too, and none of it stays."""
    before = Base.__dict__["greet"], Child.__dict__["greet"]
    patches = Patches()
    for _ in range(2):
        patches.replace_in_subclasses(Base, "greet", louder)

    class Later(Child):
        def greet(self) -> str:
            return f"later {super().greet()}"

    assert Plain().greet() == "base!"
    assert Later().greet() == "later child of base!!!"
    patches.undo()
    assert Later().greet() == "later child of base"
    assert (Base.__dict__["greet"], Child.__dict__["greet"]) == before
    assert "__init_subclass__" not in Base.__dict__


def test_somebody_else_has_patched_over_us() -> None:
    """Theirs stays; ours below it is left alone."""
    patches = Patches()
    original = Base.__dict__["greet"]
    patches.replace(Base, "greet", louder)
    ours: Any = Base.greet
    try:
        Base.greet = lambda self: f"<{ours(self)}>"  # type: ignore[method-assign]  # as mocks do
        patches.undo()
        assert Base().greet() == "<base!>"
    finally:
        Base.greet = original  # type: ignore[method-assign]  # put back


def test_what_is_not_there() -> None:
    """The error names the library, its version, the place and the way out."""
    with pytest.raises(InstallError, match=r"tests .* has no Plain\.greet.*, or wait$"):
        Patches().replace(Plain, "greet", louder, instead="wait")


def greeting(name: str, *, loud: bool = False) -> str:
    """Greet somebody."""
    return name.upper() if loud else name


def test_a_function_that_others_imported_by_its_name() -> None:
    """The object stays, its code changes, and changes back."""
    stored, code = greeting, greeting.__code__
    patches = Patches()
    for _ in range(2):
        patches.replace_code(
            greeting, lambda original: lambda *args, **kwargs: f"<{original(*args, **kwargs)}>"
        )
    assert (stored("a"), stored("a", loud=True)) == ("<a>", "<A>")
    patches.undo()
    assert (stored("a"), stored("b", loud=True), stored.__code__ is code) == ("a", "B", True)
    assert stored.__kwdefaults__ == {"loud": False}
