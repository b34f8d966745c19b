"""Write down the types of every field of every event, as the providers' SDKs publish them.

    python -m tools.generate.schemas [FOLDER]

The result is a file an API in `streamtape/checks/expected/schemas`, made from the models of the
openai, anthropic and google-genai packages. FOLDER holds recorded streams as the tests know them.
What a whole stream of the API's owner does not keep is taken out of the table (`widened` says what,
and how many of how many streams keep it; what is `rare` stays as a warning). `elsewhere` is what
other providers' streams do not keep: asked of the owner alone. Without FOLDER the tables are the
SDK's alone.

A node of the table: `t` are the JSON types (s string, i integer, n number, b boolean, o object,
a array, 0 null), `e` the values of an enumeration, `m` the least number, `f` the fields of an
object and `r` those that it must have, `i` what an array holds, `by` and `of` the field that tells
which of several objects it is, `$` the name of a definition.
"""

from __future__ import annotations

import argparse
import datetime
import enum
import json
import re
import types
import typing
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from streamtape.analysis.streams import stream_of
from streamtape.checks.field_tables import Fault, Schema
from streamtape.checks.profiles import DEFAULT
from tests.corpus import OWNERS, streams

Node = dict[str, Any]
TARGET = Path(__file__).parents[2] / "streamtape" / "checks" / "expected" / "schemas"
_SCALARS = {str: "s", int: "i", float: "n", bool: "b", type(None): "0", bytes: "s",
            datetime.datetime: "s"}  # fmt: skip
# What the google-genai package adds to what the server sends.
_NOT_SENT = {"sdkHttpResponse", "automaticFunctionCallingHistory", "parsed"}
# Fields that other rules look at.
_REQUEST_FIELDS = {"sequence_number"}
_COUNTS = re.compile(r"(?:tokens|[Cc]ount|[iI]ndex|_at|created|_number|_requests)$")
# OpenAI's chunks of audio have no choices now and then: else their absence is a fault.
_RARE = {"missing choices"}


class Table:
    """The definitions of one API, collected while its models are walked."""

    def __init__(self) -> None:
        self.defs: dict[str, Node] = {}

    def node(self, kind: Any) -> Node:
        """The node of a type; an empty one where anything goes."""
        origin = get_origin(kind)
        if origin is Annotated:
            return self.node(get_args(kind)[0])
        if kind in _SCALARS:
            return {"t": _SCALARS[kind]}
        if origin is Literal:
            return _enumeration(get_args(kind))
        if origin is list:
            inner = get_args(kind)
            return _with({"t": "a"}, "i", self.node(inner[0]) if inner else {})
        if origin is dict:
            return {"t": "o"}
        if origin in {Union, types.UnionType}:
            return self._union([self.node(one) for one in get_args(kind)])
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return {"t": "s", "e": sorted(str(one.value) for one in kind)}
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self._model(kind)
        return {}

    def _model(self, model: type[BaseModel]) -> Node:
        name = f"{model.__module__.rpartition('.')[2]}.{model.__name__}"
        if name not in self.defs:
            node: Node = {"t": "o", "f": {}, "r": []}
            self.defs[name] = node
            for plain, field in model.model_fields.items():
                sent = field.alias or plain
                if sent in _NOT_SENT:
                    continue
                inner = self.node(field.annotation)
                if set(inner.get("t", "")) & {"i", "n"} and _COUNTS.search(sent):
                    inner["m"] = 0
                node["f"][sent] = inner
                if field.is_required() and sent not in _REQUEST_FIELDS:
                    node["r"].append(sent)
        return {"$": name}

    def _union(self, nodes: list[Node]) -> Node:
        if not all(nodes):
            return {}
        whole = [self.defs[n["$"]] if "$" in n else n for n in nodes]
        kinds = "".join(sorted({letter for n in whole for letter in n.get("t", "o")}))
        out: Node = {"t": kinds}
        texts = [n for n in whole if n.get("t") == "s"]
        if texts and all("e" in n for n in texts):
            out["e"] = sorted({value for n in texts for value in n["e"]})
        arrays = [n for n in whole if n.get("t") == "a"]
        if len(arrays) == 1 and "i" in arrays[0]:
            out["i"] = arrays[0]["i"]
        objects = [n for n, w in zip(nodes, whole, strict=True) if w.get("t", "o") == "o"]
        if len(objects) == 1:
            out |= {k: v for k, v in objects[0].items() if k in {"$", "by", "of"}}
        elif objects:
            out |= self._by_discriminator(objects)
        return out

    def _by_discriminator(self, objects: list[Node]) -> Node:
        """Several objects by the value of their `type`; nothing where that tells them not apart."""
        of: dict[str, Node] = {}
        for one in objects:
            if "by" in one:
                of |= one["of"]
                continue
            stored = self.defs[one["$"]] if "$" in one else one
            values = stored.get("f", {}).get("type", {}).get("e")
            if not values or any(value in of for value in values):
                return {}
            of |= dict.fromkeys(values, one)
        return {"by": "type", "of": of}


def _with(node: Node, name: str, inner: Node) -> Node:
    return {**node, name: inner} if inner else node


def _enumeration(values: tuple[Any, ...]) -> Node:
    kinds = "".join(sorted({_SCALARS[type(value)] for value in values}))
    texts = sorted(value for value in values if isinstance(value, str))
    return _with({"t": kinds}, "e", texts) if kinds == "s" else {"t": kinds}  # type: ignore[arg-type]  # `s` has texts alone


def tables() -> dict[str, Any]:
    """The table of each API: the definitions, and what an event is."""
    from anthropic.types import beta as anthropic_beta
    from google.genai.types import GenerateContentResponse
    from openai.types.chat import ChatCompletionChunk
    from openai.types.responses import ResponseStreamEvent

    found = {}
    for dialect, package, kind in (
        ("openai-responses", "openai", ResponseStreamEvent),
        ("openai-chat", "openai", ChatCompletionChunk),
        ("anthropic", "anthropic", anthropic_beta.BetaRawMessageStreamEvent),
        ("gemini", "google-genai", GenerateContentResponse),
    ):
        table = Table()
        event = table.node(kind)
        source = f"{package} {version(package)}, {getattr(kind, '__name__', 'a union')}"
        found[dialect] = {"source": source, "event": event, "defs": table.defs}
    return found


class Kept:
    """What streams do not keep of one table, and how many there were of each event type."""

    def __init__(self) -> None:
        self.met: Counter[str] = Counter()
        self.violations: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self.accepted: dict[tuple[str, str, str], list[tuple[Any, Fault]]] = defaultdict(list)

    def take(self, label: str, events: typing.Iterable[Any], schema: Schema) -> None:
        """Hold one stream against the table."""
        types_met = set()
        for event in events:
            node = schema.node_of(event.type) if isinstance(event.payload, dict) else None
            if node is None or event.type == "error":
                continue
            types_met.add(event.type)
            for fault in schema.faults(event.payload, node):
                key = event.type, fault.kind, starred(fault.path)
                self.violations[key].add(label)
                self.accepted[key].append((event.payload, fault))
        self.met.update(types_met)

    def shares(self) -> dict[str, list[int]]:
        """For each fact that is not kept, how many streams keep it, and of how many."""
        found: dict[str, list[int]] = {}
        for (name, kind, path), labels in sorted(self.violations.items()):
            met = self.met[name]
            known = found.setdefault(f"{kind} {path}", [0, 0])
            known[0], known[1] = known[0] + met - len(labels), known[1] + met
        return found


def starred(path: str) -> str:
    """A path with `*` for each place in an array."""
    return re.sub(r"\.\d+(?=\.|$)", ".*", path)


def measured(folder: Path, made: dict[str, Any]) -> None:
    """Widen the tables by what owners' streams hold, and write down what others do not keep."""
    owners: dict[str, Kept] = defaultdict(Kept)
    others: dict[str, Kept] = defaultdict(Kept)
    schemas = {name: Schema(table) for name, table in made.items()}
    for recorded in streams(folder):
        stream = stream_of(recorded.interaction, DEFAULT)
        name = stream.expected.dialect
        if name in schemas and recorded.whole:
            side = owners if recorded.provider in OWNERS else others
            side[name].take(recorded.label, stream.events, schemas[name])
    for name, table in made.items():
        table["widened"] = owners[name].shares()
        table["rare"] = {k: v for k, v in table["widened"].items() if k in _RARE}
        for (_, kind, path), found in owners[name].accepted.items():
            if f"{kind} {path}" not in table["rare"]:
                for payload, fault in found:
                    _widen(table, payload, fault)
        mine = {*table["widened"], *table["rare"]}
        table["elsewhere"] = {k: v for k, v in others[name].shares().items() if k not in mine}


def _widen(table: dict[str, Any], payload: Any, fault: Fault) -> None:
    """Let the table take what a stream has."""

    def whole(node: Node) -> Node:
        return {**table["defs"][node["$"]], **node} if "$" in node else node

    steps = fault.path.split(".")
    holder, value = whole(table["event"]), payload
    for step in steps[:-1]:
        holder, value = _below(holder, value, step, whole)
    holder = _branch(holder, value, whole)
    last = steps[-1]
    if fault.kind == "missing":
        if last in holder["r"]:
            holder["r"].remove(last)
        return
    if fault.kind == "kind":
        inner = _below(holder, value, "", whole)[0] if "by" not in holder else holder
        inner["of"].setdefault(value[last], {})
        return
    field = holder["f"][last]
    if fault.kind in {"value", "only"} and value[last] not in field["e"]:
        field["e"].append(value[last])


def _branch(node: Node, value: Any, whole: typing.Callable[[Node], Node]) -> Node:
    if "by" in node and isinstance(value, dict) and value.get(node["by"]) in node["of"]:
        return whole(node["of"][value[node["by"]]])
    return node


def _below(
    node: Node, value: Any, step: str, whole: typing.Callable[[Node], Node]
) -> tuple[Node, Any]:
    if isinstance(value, list):
        return whole(node["i"]), value[int(step)]
    return whole(_branch(node, value, whole)["f"][step]), value[step]


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?")
    given = parser.parse_args()
    TARGET.mkdir(exist_ok=True)
    made = tables()
    if given.folder:
        measured(given.folder, made)
    for name, table in made.items():
        text = json.dumps(table, separators=(",", ":"), sort_keys=True)
        (TARGET / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
