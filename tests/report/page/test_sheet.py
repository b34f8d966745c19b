"""Reports as a page: the lines of the terminal, escaped, with classes."""

from __future__ import annotations

import json
from pathlib import Path

from streamtape.report.lines import line
from streamtape.report.page.sheet import sheet
from tests.cli.running import interaction, refused, responses, run, tape
from tests.report.page.hostile import HOSTILE, hostile
from tests.report.page.test_document import Page


def test_lines_become_spans() -> None:
    """A style's name is a class; an unknown one is plain text; nothing else is added."""
    lines = [line(("a <b>", "added"), " & ", ("c", "odd")), (), line(HOSTILE)]
    page = Page(sheet(HOSTILE, [("x", lines)]).encode().decode())
    assert [tag for tag, _ in page.elements].count("span") == 2  # and the mark in the head
    assert page.of("span")[1] == ({"class": "added"}, "a <b>")
    ((_, text),) = page.of("pre")
    assert text.startswith(" & c\n\n</script><script>")
    assert not page.of("script")
    (policy,) = [a["content"] or "" for a, _ in page.of("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_a_diff_as_a_page(tmp_path: Path) -> None:
    """Every change of two recordings, and of two folders; the statuses are as ever."""
    for side, word in (("a", "bubble "), ("b", "rubber ")):
        tape(tmp_path / side / "one.tape", interaction(responses("double ", word, "bath")))
        tape(tmp_path / side / "same.tape", hostile())
    out = tmp_path / "out.html"
    pair = tmp_path / "a" / "one.tape", tmp_path / "b" / "one.tape"
    assert run("diff", *pair, "--html", out).exit_code == 1
    page = Page(out.read_text())
    added = [text for attrs, text in page.of("span") if attrs["class"] == "added"]
    assert any("rubber" in text for text in added)
    result = run("diff", tmp_path / "a", tmp_path / "b", "--html", out, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["same"] is False
    page = Page(out.read_text())
    assert [text for _, text in page.of("h2")] == ["one.tape"]
    assert "folder does not exist" in refused("diff", *pair, "--html", tmp_path / "no" / "x.html")
