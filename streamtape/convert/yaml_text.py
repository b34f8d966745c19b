"""YAML, read by PyYAML's safe loader and written by its safe dumper; the one place that imports it.

Cassettes of old have a few tags of Python's own: texts, tuples, and byte buffers. These are read as
what they hold, by constructors of ours that make nothing but plain values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamtape.convert.formats import About
from streamtape.errors import UsageError

# What PyYAML's own constructors raise for a scalar that is not what its tag says.
_SCALAR_ERRORS = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip
_MAX_DEPTH = 200
_PYTHON = "tag:yaml.org,2002:python/"


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        raise UsageError(
            "reading and writing YAML needs PyYAML; install the extra: streamtape-recorder[yaml]"
        ) from None
    return yaml


def load_yaml(data: bytes, about: About) -> Any:
    """The value of a YAML document; ConvertError where it is none."""
    yaml = _yaml()
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("_Loader", (base,), {})
    loader.add_constructor(f"{_PYTHON}str", _text)
    loader.add_constructor(f"{_PYTHON}unicode", _text)
    loader.add_constructor(f"{_PYTHON}tuple", _list)
    loader.add_constructor(f"{_PYTHON}object/new:_io.BytesIO", _buffer)
    loader.add_constructor(f"{_PYTHON}object/apply:builtins.iter", _iterated)
    try:
        _check_depth(yaml.parse(data, Loader=base), about)
        return yaml.load(data, Loader=loader)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise about.error(f"not to be read as YAML: {said[:300]}") from error
    except _SCALAR_ERRORS as error:
        raise about.error(f"not to be read as YAML: {error!r:.300}") from error


def _check_depth(events: Iterable[Any], about: About) -> None:
    """Refuse what is nested so deeply that libyaml, which recurses in C, would take us down."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > _MAX_DEPTH:
            raise about.error(f"not to be read as YAML: it is nested deeper than {_MAX_DEPTH}")


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
