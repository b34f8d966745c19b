"""Values made for JSON schemas: each is one that the schema allows."""

from __future__ import annotations

import enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from streamtape.mock.schema_example import example


class Colour(enum.Enum):
    """Some colours."""

    RED = "red"
    BLUE = "blue"


class Node(BaseModel):
    """A model that holds itself."""

    name: str = Field(min_length=3, max_length=8)
    children: list[Node] = []
    parent: Node | None = None


class Everything(BaseModel):
    """Fields of many kinds."""

    text: str = Field(pattern=r"^[a-z]{4}$")
    code: str = Field(pattern=r"^\d{3}$")
    when: Literal["now", "later"]
    colour: Colour
    count: int = Field(ge=3, lt=5)
    share: float = Field(gt=0, le=0.25)
    even: int = Field(multiple_of=7)
    flag: bool
    either: int | str
    maybe: str | None
    several: list[int] = Field(min_length=2, max_length=3)
    pair: tuple[int, str]
    table: dict[str, int]
    node: Node


@pytest.mark.parametrize(
    "kind", [Everything, Node, Colour, int, list[Node], dict[str, Node], Node | None, bool]
)
def test_pydantic_takes_what_is_made_for_its_schema(kind: Any) -> None:
    """Types, bounds, patterns, enumerations, references, unions, recursion."""
    adapter = TypeAdapter(kind)
    adapter.validate_python(example(adapter.json_schema()))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}}, {"n": 10}),
        ({"type": ["null", "boolean"]}, True),
        ({"const": 5}, 5),
        ({"enum": ["x", "y"]}, "x"),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"type": "integer", "maximum": -4}, -4),
        ({"type": "integer", "exclusiveMinimum": 20}, 21),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"required": ["a"]}]}, {"a": 1}),
        ({"type": "array", "items": {"enum": [1, 2]}, "minItems": 2, "uniqueItems": True}, [1, 2]),
        ({"type": "object", "required": ["x"]}, {"x": "double bubble bath"}),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, None),
        (True, "double bubble bath"),
    ],
)
def test_examples(schema: Any, value: Any) -> None:
    """One a keyword, in the spellings of JSON Schema and of Gemini."""
    assert example(schema) == value
