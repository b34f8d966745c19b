"""JSON documents with nothing of what they say but their structure: names, ids and texts replaced.

What an API defines stays: its fields, its fixed words, its counts. Objects of the user's own
(arguments, metadata, schemas of tools) keep their shape alone. Pure.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping

from streamtape.editing.aliases import Aliases
from streamtape.editing.json_text import Change, Node, Spelling, parse
from streamtape.editing.neutral import filler, neutral, neutral_json, neutral_number, starts_json
from streamtape.editing.runs import recut
from streamtape.editing.times import MOMENTS, moved_number, moved_text
from streamtape.editing.vocabulary import known_name, known_word

Steps = tuple[str, ...]
_ID = re.compile(
    r"(?:.*_)?ids?|.*(?:Id|ID|Ids)|system_fingerprint|fingerprint|user|safety_identifier|"
    r"prompt_cache_key|conversation|etag|request_id|tool_use_id|handle|newHandle|container"
)
_MODELS = frozenset({"model", "modelVersion", "model_name", "modelId", "model_id"})
_NAMES = frozenset({
    "name", "display_name", "displayName", "filename", "server_label", "label", "tool_name",
    "function_name", "namespace", "code", "status", "reason", "type", "role", "object", "event",
    "finish_reason", "stop_reason", "kind", "provider", "service_tier", "phase", "event_type",
    "done_reason", "finishReason", "native_finish_reason",
})  # fmt: skip
# Fields whose texts somebody wrote: no word of theirs is taken for one of the API.
_TEXT_FIELDS = frozenset({
    "text", "content", "delta", "arguments", "refusal", "thinking", "transcript", "output",
    "instructions", "prompt", "input", "message", "description", "partial_json",
    "title",
    "reasoning", "reasoning_content",
    "cited_text", "quote", "query", "queries", "response", "system", "diff",
    "command", "commands", "code_interpreter_call", "suffix", "stop", "stop_sequences",
})  # fmt: skip
_OWN = frozenset({"arguments", "args", "variables", "parsed", "labels", "logit_bias"})
_SCHEMAS = frozenset({
    "parameters", "input_schema", "schema", "parametersJsonSchema", "responseSchema",
    "response_schema", "responseJsonSchema", "inputSchema", "output_schema",
})  # fmt: skip
_KEYWORDS = frozenset({
    "type", "properties", "required", "items", "enum", "description", "title", "anyOf", "oneOf",
    "allOf", "$defs", "definitions", "$ref", "format", "minimum", "maximum", "minLength",
    "maxLength", "minItems", "maxItems", "default", "const", "examples", "additionalProperties",
    "pattern", "strict", "nullable", "prefixItems", "not", "$schema", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "uniqueItems", "propertyOrdering", "json", "any_of",
})  # fmt: skip
_TYPES = frozenset(
    [
        "string",
        "number",
        "integer",
        "boolean",
        "object",
        "array",
        "null",
        "STRING",
        "NUMBER",
        "INTEGER",
        "BOOLEAN",
        "OBJECT",
        "ARRAY",
        "date",
        "date-time",
        "time",
        "uri",
        "email",
        "uuid",
        "int32",
        "int64",
        "float",
        "double",
    ]
)
_PATH_NAME = re.compile(r"[^\W\d]\w*")
_LONG = 12  # characters of a text that is no part of another one by chance
_PROTOCOL, _USER, _SCHEMA, _PROPERTIES = range(4)


class JSONAnonymiser:
    """Finds the changes that make a document say nothing.

    `by_us` is how far its moments move. `aliases` are shared by all documents of a cassette.
    """

    def __init__(self, aliases: Aliases, by_us: int) -> None:
        self.aliases = aliases
        self._by_us = by_us
        self.texts: dict[str, str] = {}  # whole texts that came in pieces, and their replacements

    def changes(
        self, data: bytes, put: Mapping[Steps, str], pieces: Mapping[str, str]
    ) -> list[Change]:
        """The changes to a JSON text. `put`: new values by path; `pieces`: new texts.

        ValueError where the text is not JSON.
        """
        node = parse(data)
        if node is None:
            raise ValueError("the text is not JSON")
        self._data, self._spelling = data, Spelling(data)
        self._put, self._pieces = dict(put), pieces
        return list(self._walk(node, (), "", _PROTOCOL))

    def _walk(self, node: Node, steps: Steps, key: str, area: int) -> Iterator[Change]:
        if node.kind == "object":
            yield from self._object(node, steps, area)
        elif node.kind == "list":
            self._put.update(self._tokens(node, steps))
            for n, (_, one) in enumerate(node.members):
                yield from self._walk(one, (*steps, str(n)), key, area)
        elif node.kind == "text":
            new = self._put.get(steps)
            if new is None:
                new = self._text(node.value, key, area)
            if new != node.value:
                yield Change(node.start, node.end, self._spelling.spell(new))
        elif isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            yield from self._number(node, key, area)

    def _object(self, node: Node, steps: Steps, area: int) -> Iterator[Change]:
        token = next((n for name, n in node.members if name and name.value == "token"), None)
        for name, value in node.members:
            assert name is not None
            new = self._member(name.value, area)
            if new != name.value:
                yield Change(name.start, name.end, self._spelling.spell(new))
            inside = (*steps, name.value)
            of_token = name.value == "bytes" and value.kind == "list" and token is not None
            if of_token and token is not None and token.kind == "text":
                replacement = self._put.get((*steps, "token")) or self._text(
                    token.value, "text", area
                )
                spelled = self._spelling.spell(list(replacement.encode("utf-8", "replace")))
                yield Change(value.start, value.end, spelled)
                continue
            yield from self._walk(value, inside, name.value, _inside(area, name.value, value, node))

    def _member(self, name: str, area: int) -> str:
        if area == _PROTOCOL:
            return self.aliases.member(name)
        if area == _SCHEMA and name in _KEYWORDS:
            return name
        return self.aliases.name(name)

    def _number(self, node: Node, key: str, area: int) -> Iterator[Change]:
        raw = self._data[node.start : node.end].decode("ascii", "replace")
        if area == _PROTOCOL and known_name(key) and key != "numberValue":
            if key not in MOMENTS:
                return
            moved = moved_number(node.value, self._by_us)
            new = raw if moved == node.value else self._spelling.spell(moved).decode("ascii")
        else:
            new = neutral_number(raw)
        if new != raw:
            yield Change(node.start, node.end, new.encode("ascii"))

    def _tokens(self, node: Node, steps: Steps) -> Iterator[tuple[Steps, str]]:
        """The replacements of the tokens of a list, which joined are a text."""
        texts: list[str] = []
        for _, one in node.members:
            token = next((v for name, v in one.members if name and name.value == "token"), None)
            if one.kind != "object" or token is None or token.kind != "text":
                return
            texts.append(token.value)
        if steps and steps[-1] == "top_logprobs":
            return
        whole = "".join(texts)
        new = self._pieces.get(whole) or neutral(whole)
        for n, piece in enumerate(recut(texts, [(0, len(whole), new)])):
            yield (*steps, str(n), "token"), piece
            for m, entry in enumerate(_likely(node.members[n][1])):
                if entry == texts[n]:
                    yield (*steps, str(n), "top_logprobs", str(m), "token"), piece

    def _text(self, text: str, key: str, area: int) -> str:
        if not text:
            return text
        if area == _SCHEMA:
            return self._in_schema(text, key)
        if text in self._pieces and (area == _USER or not _ID.fullmatch(key)):
            return self._pieces[text]
        if area == _PROTOCOL:
            if _ID.fullmatch(key):
                return self.aliases.id(text)
            if key in _MODELS:
                return self.aliases.model(text)
            if key == "jsonPath":
                return _PATH_NAME.sub(lambda match: self.aliases.name(match[0]), text)
            if key in MOMENTS and (moved := moved_text(text, self._by_us)) != text:
                return moved
            if key not in _TEXT_FIELDS and known_word(text):
                return text
            if key in _NAMES:
                return self.aliases.name(text)
        return self.replacement(text)

    def replacement(self, text: str) -> str:
        """The replacement of what somebody wrote: of the same length, JSON where it was JSON."""
        for old, new in self.texts.items():
            at = 0 if old.startswith(text) else old.find(text) if len(text) > _LONG else -1
            if at >= 0 and len(old) == len(new):
                return new[at : at + len(text)]
        filled = filler(text)
        if filled is not None:
            return filled
        return neutral_json(text, self.aliases.name) if starts_json(text) else neutral(text)

    def _in_schema(self, text: str, key: str) -> str:
        if key in {"required", "propertyOrdering"}:
            return self.aliases.name(text)
        if key in {"type", "format", "$schema"} and (text in _TYPES or "json-schema.org" in text):
            return text if text in _TYPES else "http://json-schema.org/draft-07/schema#"
        if key == "$ref":
            head, slash, last = text.rpartition("/")
            known = head in {"#/$defs", "#/definitions"}
            return f"{head}/{self.aliases.name(last)}" if known and slash else neutral(text)
        return self.replacement(text)


def _likely(token: Node) -> Iterator[str]:
    for name, value in token.members:
        if name is not None and name.value == "top_logprobs" and value.kind == "list":
            for _, entry in value.members:
                yield next((v.value for n, v in entry.members if n and n.value == "token"), "")


def _inside(area: int, name: str, value: Node, parent: Node) -> int:
    """Whose the inside of a member is: the API's, the user's, or that of a schema."""
    if area == _SCHEMA:
        if name in {"properties", "$defs", "definitions"}:
            return _PROPERTIES
        return _USER if name in {"default", "const", "examples", "enum"} else _SCHEMA
    if area == _PROPERTIES:
        return _SCHEMA
    if area == _USER:
        return _USER
    if value.kind != "object":
        return _PROTOCOL if name not in _OWN or value.kind != "list" else _USER
    if name in _SCHEMAS and {"type", "properties", "anyOf", "$defs", "$ref"} & {*value.names}:
        return _SCHEMA
    flat = all(one.kind in {"text", "scalar"} for _, one in value.members)
    own = name in _OWN or (name == "metadata" and flat)
    called = name in {"input", "response", "parameters"} and "name" in parent.names
    return _USER if own or called else _PROTOCOL


def packed(text: str) -> str:
    """A text as Base64."""
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")
