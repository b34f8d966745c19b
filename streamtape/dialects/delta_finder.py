"""The deltas of a stream's events, found quickly where an event only goes on with the one before.

Such an event differs from it in its texts alone. So what was found there has the same paths
and keys here, and only the texts are read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import Path, bind, get, parse_path
from streamtape.dialects.rule_index import Found, one_a_text, plan_for
from streamtape.tape.events import Event


class DeltaFinder:
    """Takes the events of one stream in their order, and gives the deltas of each."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._found: list[Found] = []  # all that rules find in the last event
        self._paths: list[Path] | None = None  # if the next event has the same paths

    def deltas_of(self, event: Event, *, is_repeat: bool) -> Sequence[Found]:
        """What `Plan.find_deltas` gives of the next event.

        `is_repeat` says that it differs from the one before it in nothing but texts that rules
        about deltas name, and in its number.
        """
        payload = event.payload
        if is_repeat and self._paths is not None:
            if len(self._paths) == 1:  # as of most events
                rule, key, bound, _ = self._found[0]
                self._found = [Found(rule, key, bound, get(payload, self._paths[0]))]
            else:
                values = [get(payload, path) for path in self._paths]
                pairs = zip(self._found, values, strict=True)
                self._found = [one._replace(value=value) for one, value in pairs]
        else:
            plan = plan_for(self._dialect, event.type)
            self._found = [*plan.find_all_deltas(payload, event.index)]
            self._paths = None
            if is_repeat and _is_steady(self._dialect, event.type):
                paths = (bind(parse_path(one.rule.path), one.bound) for one in self._found)
                self._paths = [*paths]
        return one_a_text(self._found)


@lru_cache(maxsize=1024)
def _is_steady(dialect: Dialect, event_type: str) -> bool:
    """Whether no rule about deltas depends on an event's number, or on the text of another one."""
    texts = {piece.path.rpartition(".")[2] for piece in dialect.deltas}
    rules = [placed.rule for placed in plan_for(dialect, event_type).deltas]
    keys = {one for rule in rules for key in rule.key for one in key.split("|")}
    conditions = {rule.when[0].rpartition(".")[2] for rule in rules if rule.when is not None}
    return "@event" not in keys and not conditions & texts
