"""The page of benchmarks is written from a report of tools/bench.py."""

import json
import sys
from pathlib import Path

import pytest

from tools.docs import benchmarks

REPORT = {
    "machine": "CPython 3.11", "versions": {"vcrpy": "9.4"}, "missing": ["node"], "repeat": 5,
    "quick": False,
    "rows": [
        {"section": "size", "name": "a|b", "peer": None, "value": 48.123, "unit": "bytes",
         "ratio": None, "goal": "<= 50", "met": True},
        {"section": "size", "name": "a|b", "peer": "vcrpy", "value": 1437.0, "unit": "bytes",
         "ratio": 0.1},
    ],
}  # fmt: skip


def test_figures_are_replaced_and_words_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice gives the same page as once."""
    page, figures = tmp_path / "benchmarks.md", tmp_path / "figures.json"
    page.write_text("# Benchmarks\n\nWords.\n")
    figures.write_text(json.dumps(REPORT))
    monkeypatch.setattr(benchmarks, "PAGE", page)
    monkeypatch.setattr(sys, "argv", ["benchmarks", str(figures)])
    benchmarks.main()
    once = page.read_text()
    benchmarks.main()
    assert page.read_text() == once
    assert once.startswith("# Benchmarks\n\nWords.\n\n## Every figure\n")
    assert "| a\\|b | streamtape | 48.1 | bytes |  | <= 50 met |\n" in once
    assert "| a\\|b | vcrpy | 1,437 | bytes | 0.1 |  |\n" in once
    assert "Not at hand: node." in once


def test_sections_that_were_measured_one_by_one_are_put_together() -> None:
    """Each section is taken from the last report that has it; what one had is not missing."""
    again = {
        **REPORT, "versions": {"node": "v20"}, "missing": ["aimock"],
        "rows": [
            {"section": "size", "name": "a", "value": 47.0, "unit": "bytes"},
            {"section": "pace", "name": "b", "value": 1.0, "unit": "ms"},
        ],
    }  # fmt: skip
    found = benchmarks.merged([REPORT, again])
    assert [(row["section"], row["value"]) for row in found["rows"]] == [("pace", 1), ("size", 47)]
    assert found["versions"] == {"vcrpy": "9.4", "node": "v20"}
    assert found["missing"] == ["aimock"]
    assert benchmarks.merged([REPORT])["rows"] == REPORT["rows"]
