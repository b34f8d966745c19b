"""A struct made of a frozen dataclass is, for those who use it, that dataclass."""

import copy
import dataclasses
import pickle
import pprint
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

import streamtape
from streamtape.tape.structs import as_struct


@dataclass(frozen=True, slots=True)
class Plain:
    """A value."""

    name: str
    size: int = 0
    more: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def double(self) -> int:
        """Twice its size."""
        return 2 * self.size

    def __getattr__(self, name: str) -> Any:
        if name == "odd":
            return self.name
        raise AttributeError(name)


Made = as_struct(Plain)
VALUES: list[Any] = [("a",), ("a", 1), ("b", 1, {"x": 1}), ("b", 1, {"y": 2})]


@pytest.mark.parametrize("given", VALUES)
def test_a_struct_behaves_as_its_dataclass(given: Any) -> None:
    """Printed, compared, hashed, replaced, taken apart, matched."""
    made, plain = Made(*given), Plain(*given)
    assert repr(made) == repr(plain)
    assert hash(made) == hash(plain)
    assert [made == Made(*other) for other in VALUES] == [plain == Plain(*o) for o in VALUES]
    assert [made != Made(*other) for other in VALUES] == [plain != Plain(*o) for o in VALUES]
    assert made != plain
    assert dataclasses.is_dataclass(made)
    assert dataclasses.asdict(made) == dataclasses.asdict(plain)
    assert dataclasses.astuple(made) == dataclasses.astuple(plain)
    assert repr(dataclasses.replace(made, size=7)) == repr(dataclasses.replace(plain, size=7))
    assert (made.double, made.odd, Made.__doc__) == (plain.double, plain.odd, Plain.__doc__)
    assert pprint.pformat(made, width=10) == pprint.pformat(plain, width=10)
    assert copy.deepcopy(made) == copy.copy(made) == made
    match made:
        case Plain():
            raise AssertionError("another class")
        case Made(name, size):
            assert (name, size) == (plain.name, plain.size)


def test_a_struct_is_frozen() -> None:
    """With the error of dataclasses."""
    made = Made("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="'name'"):
        made.name = "b"  # type: ignore[misc]  # the mistake
    with pytest.raises(dataclasses.FrozenInstanceError, match="'name'"):
        del made.name
    assert made.name == "a"


def test_frames_and_events_can_be_pickled() -> None:
    """They go to other processes."""
    frame = streamtape.Frame("message", '{"a": 1}', at_us=5)
    event = streamtape.Event("x", {"a": 1}, 5, 0, frame)
    assert pickle.loads(pickle.dumps([frame, event])) == [frame, event]
    assert pickle.loads(pickle.dumps(event)).frame == frame
