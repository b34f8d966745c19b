"""What is known of a foreign document besides its bytes, and what is noted while it is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from streamtape.errors import ConvertError


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a document besides its bytes: for messages, and where it is silent itself.

    `url`, `method` and `status` are used by formats that hold a body alone. `notes` collects, while
    the document is read, what was left out of it and what it says that makes no sense.
    """

    path: str = "the document"
    url: str = ""
    method: str = ""
    status: int = 200
    notes: list[str] = field(default_factory=list, compare=False)

    def error(self, message: str) -> ConvertError:
        """The error that this document can't be read."""
        return ConvertError(f"{self.path!r}: {message}", path=self.path)

    def note(self, problem: ConvertError, effect: str) -> None:
        """Note a problem that the reader got around, and what came of it."""
        message = str(problem).removeprefix(f"{self.path!r}: ")
        self.notes.append(f"{message}; {effect}")
