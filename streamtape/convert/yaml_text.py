"""YAML, read by PyYAML's safe loader and written by its safe dumper; the one place that imports it.

Old cassettes have a few tags of Python's own (texts, tuples, byte buffers), and those of Ruby have
`!binary`, `!ruby/...` and symbols. These are read as what they hold, by constructors of ours that
make nothing but plain values. A value with any other tag is an `Unread`, and a scalar that is not
what its tag says (`2024-02-30`) is its text: neither loses the rest of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from streamtape.convert.about import About
from streamtape.errors import UsageError
from streamtape.extras import install_command
from streamtape.tape.texts import shortened

# What PyYAML's own constructors raise for a scalar that is not what its tag says.
_SCALAR_ERRORS = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip
_MAX_DEPTH = 200
_YAML = "tag:yaml.org,2002:"
_PYTHON = f"{_YAML}python/"


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands for a value whose tag we don't read; `repr` names the tag."""

    tag: str

    def __repr__(self) -> str:
        return f"a value tagged {self.tag.removeprefix(_YAML)!r}"


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        raise UsageError(
            f"reading and writing YAML needs PyYAML; to install it: {install_command(extra='yaml')}"
        ) from None
    return yaml


def load_yaml(data: bytes, about: About) -> Any:
    """The value of a YAML document; ConvertError if it is not one."""
    yaml = _yaml()
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("_Loader", (base,), {})
    loader.add_constructor(None, _unread)
    for name in ("int", "float", "bool", "timestamp", "binary"):
        tag = f"{_YAML}{name}"
        loader.add_constructor(tag, _or_its_text(base.yaml_constructors[tag]))
    loader.add_constructor(f"{_PYTHON}str", _text)
    loader.add_constructor(f"{_PYTHON}unicode", _text)
    loader.add_constructor(f"{_PYTHON}tuple", _list)
    loader.add_constructor(f"{_PYTHON}object/new:_io.BytesIO", _buffer)
    loader.add_constructor(f"{_PYTHON}object/apply:builtins.iter", _iterated)
    loader.add_constructor("!binary", base.construct_yaml_binary)
    loader.add_constructor("!str", _text)
    loader.add_multi_constructor("!ruby/", _plain)
    try:
        _check_depth(yaml.parse(data, Loader=base), about)
        return yaml.load(data, Loader=loader)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise about.error(f"invalid YAML: {shortened(reason, 300)}") from error
    except _SCALAR_ERRORS as error:
        raise about.error(f"invalid YAML: {shortened(repr(error), 300)}") from error


def _check_depth(events: Iterable[Any], about: About) -> None:
    """Refuse what is nested so deeply that libyaml, which recurses in C, would take us down."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > _MAX_DEPTH:
            raise about.error(f"invalid YAML: it is nested deeper than {_MAX_DEPTH}")


def _unread(loader: Any, node: Any) -> Any:
    return Unread(node.tag)


def _or_its_text(construct: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A constructor that gives the text of a scalar that is not what its tag says."""
    errors = (*_SCALAR_ERRORS, _yaml().YAMLError)

    def attempt(loader: Any, node: Any) -> Any:
        try:
            return construct(loader, node)
        except errors:
            return node.value

    return attempt


def _plain(loader: Any, suffix: str, node: Any) -> Any:
    """An object of Ruby's: its fields, its items or its text."""
    if node.id == "mapping":
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if node.id == "sequence" else node.value


def _text(loader: Any, node: Any) -> Any:
    return loader.construct_scalar(node)


def _list(loader: Any, node: Any) -> Any:
    return loader.construct_sequence(node, deep=True)


def _buffer(loader: Any, node: Any) -> Any:
    state = loader.construct_mapping(node, deep=True).get("state") or (b"",)
    return state[0]


def _iterated(loader: Any, node: Any) -> Any:
    args: Any = loader.construct_mapping(node, deep=True).get("args") or ([],)
    return args[0]


def dump_yaml(value: Any) -> bytes:
    """A value as YAML."""
    yaml = _yaml()
    text: bytes = yaml.safe_dump(
        value, allow_unicode=True, sort_keys=False, encoding="utf-8", width=10_000
    )
    return text
