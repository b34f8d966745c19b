"""Real answers to one prompt, compared: what a report holds to, whatever it tells."""

import json
import re
from itertools import pairwise

import pytest

import streamtape
from streamtape.compare.comparison import Change, Comparison
from streamtape.compare.normalise import normaliser_for
from streamtape.dialects.select import dialect_for, events_of
from streamtape.report.differences import comparison_lines
from streamtape.report.lines import plain
from streamtape.report.markdown import comparison_markdown
from streamtape.tape.model import Interaction
from tests.archive import groups, recording
from tests.shared import needs_corpus

pytestmark = needs_corpus
MAX_EACH = 3  # answers of one group; some have twenty
LINE = 700  # characters
TIMESTAMP = re.compile(r"\b1[67]\d{8}\b")


@pytest.mark.parametrize("group", groups(), ids=lambda g: g[0].partition("--")[2][:60])
def test_reports_of_answers_to_one_prompt(group: list[str]) -> None:
    """In order, bounded, without ids; the same both ways; and nothing differs from itself."""
    answers = [recording(name) for name in group[:MAX_EACH]]
    for one in answers:
        assert streamtape.diff(one, one).same
    for one, other in pairwise(answers):
        there, back = streamtape.diff(one, other), streamtape.diff(other, one)
        assert there.same == back.same
        for comparison in (there, streamtape.diff(one, other, level="content")):
            _in_order(comparison)
            _bounded(comparison)
            for change in comparison.changes:
                _without_ids(change, one, other)


def _in_order(comparison: Comparison) -> None:
    """The first divergence comes first."""
    at = [place.index for c in comparison.changes if (place := c.a or c.b)]
    assert at == sorted(at)


def _bounded(comparison: Comparison) -> None:
    """Whatever the streams hold, a report is a few short lines a change."""
    summary = comparison.summary(10).splitlines()
    assert len(summary) <= 2 + 10 + 1 + len(comparison.notes)
    assert max(map(len, summary)) <= LINE
    for width in (60, 120):
        lines = list(map(plain, comparison_lines(comparison, width=width, max_changes=5)))
        assert len(lines) <= 5 + len(comparison.notes) + 5 * (LINE * 2 // 20) + 2
    text = comparison_markdown(comparison)
    assert len(text) < 65_536  # what a comment on GitHub may hold
    assert json.loads(comparison.to_json())["same"] is comparison.same


def _without_ids(change: Change, one: Interaction, other: Interaction) -> None:
    """No id and no time of either run is told, but where a text itself says one."""
    if change.pieces or isinstance(change.before or change.after, str):
        return
    found = json.dumps([change.before, change.after])
    assert not TIMESTAMP.search(found), change
    for value in ids(one) | ids(other):
        assert f'"{value}"' not in found, change


def ids(interaction: Interaction) -> set[str]:
    """What the dialect's table takes for ids, short ones (an index) aside."""
    table = dialect_for(interaction)
    clean = normaliser_for(table).clean
    return {
        value
        for event in events_of(interaction.frames(), table)
        if isinstance(event.payload, dict | list)
        for _, value, _ in clean(event.payload)[1]
        if len(value) > 7
    }
