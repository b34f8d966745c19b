"""Search a text for a pattern that somebody else wrote, for so long and no longer.

Some patterns take time that doubles with each character: `(a+)+$` tries every way to divide a run
of letters. A mock that searched with `re` would answer nobody meanwhile. The library `regex` finds
the same, and stops after a time.
"""

from __future__ import annotations

from streamtape.errors import UsageError

LIMIT_S = 0.5  # CPU time


class PatternTooSlowError(UsageError):
    """A pattern that was not found within LIMIT_S, and not ruled out either."""


def check_pattern(pattern: str) -> str | None:
    """Why a text is no regular expression; None where it is one."""
    import regex  # only the mock needs it

    try:
        regex.compile(pattern)
    except regex.error as error:
        return str(error)
    return None


def is_found(pattern: str, text: str) -> bool:
    """Whether a regular expression matches somewhere in a text.

    PatternTooSlowError where that takes too long.
    """
    import regex

    try:
        return regex.search(pattern, text, timeout=LIMIT_S) is not None
    except TimeoutError:
        raise PatternTooSlowError(
            f"the regular expression {pattern!r} takes more than {LIMIT_S:g} s on a text of "
            f"{len(text):,} characters: write it without a repetition inside of a repetition"
        ) from None
