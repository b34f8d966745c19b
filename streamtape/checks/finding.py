"""What a rule found: Finding, with its location and severity. Values only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a finding: an event of an interaction, by its index; None: the whole stream.

    `what` is the event's type, `at_us` when it came, where the recording knows.
    """

    event: int | None = None
    what: str = ""
    at_us: int | None = None
    interaction: int = 0

    def __str__(self) -> str:
        if self.event is None:
            return "stream"
        return f"#{self.event} {self.what}".rstrip()


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect or oddity of a stream.

    `rule` is the name to switch the rule off by. `count` is how many events have the same defect;
    `where` is then the first of them. `source` is the file, where there is one.
    """

    rule: str
    severity: Severity
    where: Where
    message: str
    count: int = 1
    source: str = ""

    def __str__(self) -> str:
        more = f" ({self.count} times)" if self.count > 1 else ""
        return f"{self.severity} {self.rule} {self.where}: {self.message}{more}"

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain dicts and texts, ready for JSON."""
        return asdict(self)
