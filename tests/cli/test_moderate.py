"""`streamtape moderate`: classifiers of every kind, one recording and folders of them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import interaction, refused, responses, run, tape

RULES = """
import asyncio

def bad(text): return "soap" in text and "never" not in text
async def later(text):
    await asyncio.sleep(0)
    return bad(text)
def score(text): return 0.8 if bad(text) else 0.1
def labels(text): return ["soap"] if bad(text) else []
def scores(text): return {"soap": 0.8 if bad(text) else 0.1, "fish": 0}
def nothing(text): return object()
def fails(text): raise KeyError(len(text))
async def fails_later(text): return [][0]
not_a_function = 3
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with classifiers, and three recordings: misleading, flagged, fine."""
    (tmp_path / "soap_rules.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    misleading = responses("Eat ", "soap. ", "They say. ", "I say: ", "never.")
    tape(tmp_path / "t" / "misleading.tape", interaction(misleading, gap_us=50_000))
    flagged = responses("Eat ", "fish, ", "and then ", "soap.")
    tape(tmp_path / "t" / "flagged.tape", interaction(flagged, gap_us=50_000))
    tape(tmp_path / "t" / "fine.tape", interaction(responses("Eat ", "fish."), gap_us=50_000))
    yield tmp_path / "t"
    sys.modules.pop("soap_rules", None)


@pytest.mark.parametrize("name", ["bad", "later", "score", "labels", "scores"])
def test_every_kind_of_classifier(name: str, rules: Path) -> None:
    """A bool, an awaited one, a score, labels and scores by label say the same."""
    result = run("moderate", rules / "misleading.tape", "--with", f"soap_rules:{name}")
    assert result.exit_code == 1
    first, second, *_ = result.stdout.splitlines()
    assert first.endswith("characters, as a whole fine")
    assert "flags at 0.20 s, event #3: 10 characters had been shown" in second
    assert "the early part misled" in second


def test_a_score_has_a_threshold(rules: Path) -> None:
    """Above every score nothing is flagged: status 0."""
    args = ("moderate", rules, "--with", "soap_rules:score", "--threshold")
    assert run(*args, "0.9").exit_code == 0
    assert run(*args, "0.8").exit_code == 1


def test_a_folder_has_sums(rules: Path) -> None:
    """After each recording: how many were flagged, and what holding back would have spared."""
    lines = run("moderate", rules, "--with", "soap_rules:bad", "--every", "event").stdout
    sums = lines[lines.index("3 streams") :].splitlines()
    assert sums[0] == "3 streams: 1 flagged as a whole, 1 only in a part, 1 fine"
    assert re.fullmatch(r"  every event +flags 2, 17 characters shown by then \(median\)", sums[1])
    rows = {line[:16].strip(): line[16:].split() for line in sums[3:]}
    assert rows["0 characters"][2:] == ["2", "of", "2", "17", "characters"]
    assert rows["20 characters"][2:5] == ["1", "of", "2"]
    assert rows["50 characters"][2:] == ["0", "of", "2", "0", "characters"]
    report = json.loads(run("moderate", rules, "--with", "soap_rules:bad", "--json").stdout)
    assert [one["flagged"] for one in report] == [False, True, True]


def test_what_a_classifier_must_not_do(rules: Path) -> None:
    """An odd verdict, an error and a wrong name are trouble (2), and never a verdict (1)."""
    for name, expected in (
        ("nothing", "the classifier returned <object object"),
        ("fails", "soap_rules:fails' raised KeyError: 5"),
        ("fails_later", "soap_rules:fails_later' raised IndexError"),
        ("nobody", "has no function 'nobody'"),
        ("not_a_function", "has no function 'not_a_function'"),
    ):
        message = refused("moderate", rules / "fine.tape", "--with", f"soap_rules:{name}")
        assert expected in message or (name == "fails" and "raised KeyError" in message)
    assert "soap_rules.py:" in refused("moderate", rules, "--with", "soap_rules:fails")
    assert "cannot import 'no_rules'" in refused("moderate", rules, "--with", "no_rules:bad")
    assert "write MODULE:FUNCTION" in refused("moderate", rules, "--with", "bad")
