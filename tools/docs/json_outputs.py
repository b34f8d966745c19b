"""The JSON that commands print with `--json`, as JSON schemas.

`python -m tools.docs.json_outputs` runs each command on the example recordings and writes what its
output is made of to tools/docs/json_schemas.json; the reference shows it, and a test holds the
output of other recordings against it. A schema says which fields there always are and their types.
It leaves other fields open, since outputs may gain some.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tools.docs.json_commands import COMMANDS, outputs

REPO = Path(__file__).parents[2]
FILE = Path(__file__).with_name("json_schemas.json")
EXAMPLES = REPO / "cassettes"
# Objects whose fields are names of files, measures and the like, or a provider's own JSON.
MAPS = {
    "files", "unreadable", "interactions", "definitions", "endings", "summary_us", "tables",
    "usage", "payload", "json", "rules", "verdicts",
}  # fmt: skip
ANY = {"before", "after", "arguments", "parsed", "value", "error"}
_TYPES = {
    bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null",
    list: "array", dict: "object",
}  # fmt: skip


_INTRODUCTION = """\
# JSON outputs

What commands print with `--json`. `?` marks a field that may be missing, `[]` the members of a
list, `.*` fields whose names vary (file names, dialects). Where a title ends with *a line*, the
command prints one object a line; with *a row*, it prints a list of such objects. Outputs may gain
fields; within a major version, none is removed or changed. Times ending in `_us` are microseconds;
sizes are bytes.

`mock`, `replay --port` and `record --upstream` with `--port` print their address on a line of its
own as soon as they listen; `record` prints what it recorded when it ends.

The same as JSON schemas (draft 2020-12): [json_schemas.json](json_schemas.json).
"""


def schema_of(values: Iterable[Any], key: str = "") -> dict[str, Any]:
    """A schema that all these values keep."""
    values = list(values)
    if key in ANY:
        return {}
    types = sorted({_TYPES[type(value)] for value in values})
    if "number" in types and "integer" in types:
        types.remove("integer")
    found: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    objects = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list)]
    if objects and key in MAPS:
        inner = [one for value in objects for one in value.values()]
        if inner and key not in {"usage", "payload", "json"}:
            found["additionalProperties"] = schema_of(inner)
    elif objects:
        names = list(dict.fromkeys(name for value in objects for name in value))
        found["properties"] = {
            name: schema_of([value[name] for value in objects if name in value], name)
            for name in names
        }
        found["required"] = [name for name in names if all(name in value for value in objects)]
    if items := [item for value in lists for item in value]:
        found["items"] = schema_of(items)
    return found


def made() -> dict[str, Any]:
    """The schema of every command, from the example recordings."""
    pairs = [
        (EXAMPLES / "pairs/a" / path.name, path)
        for path in sorted((EXAMPLES / "pairs" / "b").glob("*.tape"))
    ]
    embedded = sorted((EXAMPLES / "embedded").glob("*.tape"))
    pairs += [(one, embedded[0]) for one in embedded]
    pairs += [(one, embedded[0]) for one in sorted((EXAMPLES / "llama.cpp").glob("*.tape"))]
    schemas = {}
    for name, lines in COMMANDS.items():
        named = " ".join(lines)
        used = pairs if "{a}" in named and "{folder_a}" not in named else [pairs[0]]
        if "{folder_b}" in named:
            used.append((pairs[-1][0], pairs[-1][0]))
        values: list[Any] = []
        for a, b in used:
            with tempfile.TemporaryDirectory() as folder:
                values += outputs(name, a, b, Path(folder))
        head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name}
        schemas[name] = head | schema_of(values)
    schemas["demo"]["properties"]["diff"] = {
        key: value for key, value in schemas["diff"].items() if key not in head
    }
    return schemas


def _rows(schema: dict[str, Any], path: str) -> Iterator[str]:
    kind = schema.get("type", "any")
    kind = kind if isinstance(kind, str) else " or ".join(kind)
    if path:
        yield f"| `{path}` | {kind} |"
    required = schema.get("required", [])
    for name, inner in schema.get("properties", {}).items():
        shown = f"{path}.{name}" if path else name
        yield from _rows(inner, shown if name in required else f"{shown}?")
    if isinstance(more := schema.get("additionalProperties"), dict):
        yield from _rows(more, f"{path}.*")
    if "items" in schema:
        yield from _rows(schema["items"], f"{path}[]")


def page() -> str:
    """The page of the reference: the fields of each output; the schemas stand beside it."""
    parts = [_INTRODUCTION]
    for name, schema in json.loads(FILE.read_text()).items():
        rows = "\n".join(_rows(schema, ""))
        parts.append(f"## {name}\n\n| field | type |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def main() -> None:
    """Write the schemas anew."""
    FILE.write_text(json.dumps(made(), indent=1) + "\n")
    print(FILE.relative_to(REPO), file=sys.stderr)


if __name__ == "__main__":
    main()
