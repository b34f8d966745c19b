"""The page on the syntax of options: each form that it shows is read, and no kind is left out."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from streamtape.errors import UsageError
from streamtape.json_path import path_pattern
from streamtape.playback import faults, pace, rechunk
from tests.test_documents import SITE

PAGE = (SITE / "reference" / "syntax.md").read_text()
READERS: dict[str, Callable[[str], Any]] = {
    "Faults": faults.parse_faults,
    "Paces": pace.parse_pace,
    "Rechunks": rechunk.parse_rechunk,
    "JSON paths": path_pattern,
}


def forms(heading: str) -> list[str]:
    """The forms in the first column of a section's table."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "form"), [(heading, form) for heading in READERS for form in forms(heading)]
)
def test_each_form_is_read(heading: str, form: str) -> None:
    """What the page shows is what the option takes."""
    assert READERS[heading](form) is not None


@pytest.mark.parametrize("heading", READERS)
def test_what_is_no_form_is_refused(heading: str) -> None:
    """The readers that the page is held against do read."""
    with pytest.raises(UsageError):
        READERS[heading]("no[such")


def test_every_kind_is_on_the_page() -> None:
    """A new kind of fault or cut has a row."""
    assert {re.split("[@=]", form)[0] for form in forms("Faults")} == set(faults.KINDS)
    assert {form.partition("=")[0] for form in forms("Rechunks")} == set(rechunk.KNOWN)
