"""The options of VCR.py and its relatives, translated into ours.

An option is a name and an expression, from a call (`record_mode="none"`) or a dict. What has no
counterpart because nothing needs it any more is dropped; what a person has to look at is dropped
with a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import libcst as cst
from libcst.helpers import get_full_name_for_node

Note = Callable[[str], None]
Option = tuple[str, cst.BaseExpression]

# VCR.py compares method, scheme, host, port, path and query by default.
DEFAULT_MATCH: Option = ("match_on", cst.parse_expression('("method", "url")'))
_MATCHERS = {
    "uri": "url",
    "raw_body": "body",
    "json_body": "body",
    **{n: n for n in ("method", "scheme", "host", "port", "path", "query", "headers", "body")},
}
_URL = ["scheme", "host", "port", "path", "query"]
_RENAMED = {"record_mode": "mode", "on_expiry": "on_expired", "allowed_hosts": "allow_hosts"}
_KEPT = {
    "ignore_hosts", "ignore_localhost", "allow_playback_repeats", "record_on_exception",
    "ignore_json_paths", "max_age", "block_network", "allow_no_requests",
}  # fmt: skip
_NEEDLESS = {  # since secrets are masked, wire bytes kept, and there is one format
    "filter_headers", "filter_post_data_parameters", "decode_compressed_response", "serializer",
    "path_transformer", "cassette_library_dir", "with_current_defaults",
}  # fmt: skip
_BY_HAND = {
    "before_record_request": "it changed VCR.py's requests; write it anew for `filters`",
    "before_record": "it changed VCR.py's requests; write it anew for `filters`",
    "before_record_response": "responses are kept as they came, without their secrets",
    "before_playback": "nothing changes a response at playback",
    "filter_query_parameters": "those that hold secrets are masked and match; for others, "
    "`filters` takes a function that leaves them out",
}


@dataclass
class Mapped:
    """The options in our words, in order; a later one of a name takes the earlier one's place."""

    options: dict[str, cst.BaseExpression] = field(default_factory=dict)

    def arguments(self) -> list[cst.Arg]:
        """The options as keyword arguments."""
        return [
            cst.Arg(value, cst.Name(name), equal=cst.AssignEqual(_NO_SPACE, _NO_SPACE))
            for name, value in self.options.items()
        ]


_NO_SPACE = cst.SimpleWhitespace("")


def mapped(options: Iterable[Option], note: Note, *, default_match: bool = True) -> Mapped:
    """Options in our words; with VCR.py's own `match_on` where they give none."""
    found = Mapped()
    if default_match:
        found.options[DEFAULT_MATCH[0]] = DEFAULT_MATCH[1]
    for name, value in options:
        if name == "match_on":
            parts = _match_on(value, note)
            if parts is not None:
                found.options["match_on"] = parts
        elif name == "record_mode":
            found.options["mode"] = _mode(value)
        elif name in _RENAMED or name in _KEPT:
            found.options[_RENAMED.get(name, name)] = value
        elif name in _BY_HAND:
            note(f"{name} is left out: {_BY_HAND[name]}")
        elif name not in _NEEDLESS:
            note(f"the option {name} is left out: it has no counterpart")
    return found


def _match_on(value: cst.BaseExpression, note: Note) -> cst.BaseExpression | None:
    """The parts to compare as a tuple; None, with a note, where they are computed."""
    elements = value.elements if isinstance(value, cst.List | cst.Tuple | cst.Set) else None
    names = [text_of(element.value) for element in elements or ()]
    if elements is None or None in names:
        note("match_on is left out: it is computed; give the names in a list")
        return None
    unknown = [name for name in names if name not in _MATCHERS]
    if unknown:
        note(f"match_on: {', '.join(map(str, unknown))} left out; a function can take its place")
    ours = list(dict.fromkeys(_MATCHERS[str(name)] for name in names if name in _MATCHERS))
    if set(_URL) <= set(ours):
        ours = ["url" if name == "scheme" else name for name in ours if name not in _URL[1:]]
    if not ours:
        return None
    return cst.parse_expression(f"({', '.join(map(_quoted, ours))}{',' * (len(ours) == 1)})")


def _mode(value: cst.BaseExpression) -> cst.BaseExpression:
    """The record mode: a word, or a member of an enum of VCR.py's."""
    words = {"NONE": "none", "ONCE": "once", "NEW_EPISODES": "new_episodes", "ALL": "all"}
    text = text_of(value)
    if text is not None:
        return cst.SimpleString(_quoted("all" if text == "rewrite" else text))
    last = (get_full_name_for_node(value) or "").rpartition(".")[2]
    return cst.SimpleString(_quoted(words[last])) if last in words else value


def text_of(node: cst.CSTNode) -> str | None:
    """The value of a plain text; None where it is anything else."""
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def _quoted(text: str) -> str:
    return f'"{text}"'
