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
