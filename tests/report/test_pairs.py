"""What `diff` says of real answers to one prompt: approved texts, one a pair of cassettes.

The pairs are in `cassettes/pairs`: two recordings of the same request with other options, of a real
model. STREAMTAPE_APPROVE=1 writes the texts anew: read them as someone would who was not there.
"""

from dataclasses import replace

import pytest

import streamtape
from streamtape import Comparison
from streamtape.choices import Level
from streamtape.report.differences import comparison_lines
from streamtape.report.folders import FileResult, folder_lines
from streamtape.report.lines import text_of
from streamtape.report.markdown import comparison_markdown, folders_markdown
from tests.report.approved import approved
from tests.shared import REPO

PAIRS = REPO / "cassettes" / "pairs"
NAMES = sorted(path.stem for path in (PAIRS / "a").glob("*.tape"))


def compared(name: str, level: Level = "events") -> Comparison:
    """One pair compared, under names that are the same on every machine."""
    one, other = (PAIRS / side / f"{name}.tape" for side in "ab")
    return replace(streamtape.diff(one, other, level), a=f"a/{name}", b=f"b/{name}")


def test_there_are_a_dozen() -> None:
    """Each with its twin."""
    assert len(NAMES) >= 12
    assert sorted(path.stem for path in (PAIRS / "b").glob("*.tape")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_pair(name: str) -> None:
    """In a terminal of 80 columns: all events, then what was said."""
    found = [text_of(comparison_lines(compared(name), width=80))]
    found.append(text_of(comparison_lines(compared(name, "content"), width=80)))
    approved(f"pair-{name}.txt", "\n".join(found))


@pytest.mark.parametrize("name", ["chat-called", "messages-warmer", "responses-left"])
def test_a_pair_side_by_side(name: str) -> None:
    """In a wide terminal, and as a comment on a pull request."""
    approved(f"pair-{name}-160.txt", text_of(comparison_lines(compared(name), width=160)))
    approved(f"pair-{name}.md", comparison_markdown(compared(name)))


def test_a_pair_by_time() -> None:
    """Durations, as people read them."""
    found = compared("responses-again", "timing")
    approved("pair-timing.txt", text_of(comparison_lines(found, width=80)))
    approved("pair-timing.md", comparison_markdown(found))


def test_the_guide_tells_every_field() -> None:
    """What `--json` writes is what the guide says, field by field."""
    section = (REPO / "tools" / "docs" / "site" / "guide" / "compare.md").read_text()
    report = compared("chat-json").to_dict()
    for name in (*report, *report["changes"][0]):
        assert f"`{name}`" in section
    path = f"{PAIRS}/a/responses-longer.tape"
    comparison = streamtape.diff(path, path.replace("/a/", "/b/"))
    lines = text_of(comparison_lines(comparison, width=100)).replace(f"{REPO}/", "")
    assert lines in section


def test_all_pairs() -> None:
    """A folder against a folder."""
    results = []
    for name in NAMES:
        found = compared(name, "content")
        results.append(FileResult(name, "same" if found.same else "different", found))
    approved("pairs.txt", text_of(folder_lines(results, "a", "b")))
    approved("pairs.md", folders_markdown(results, "a", "b"))
