"""Edits of real streams: the text is another, and nothing else is."""

from pathlib import Path

import pytest

from tests.corpus import read
from tests.shared import SHARED, needs_corpus
from tools.corpus.edits import outcomes

CORE = SHARED / "corpus" / "core"
PATHS = sorted(p for p in CORE.rglob("*.json") if p.name != "manifest.json")


@needs_corpus
@pytest.mark.parametrize("path", PATHS[::7], ids=lambda path: path.stem)
def test_every_edit_of_a_stream(path: Path) -> None:
    """As `python -m tools.corpus.edits` does on all of them."""
    assert read(path, CORE).interaction.chunks
    for outcome in outcomes(path, folder=CORE):
        assert outcome.trouble == "", outcome.kind
