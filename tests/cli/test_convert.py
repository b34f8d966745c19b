"""`streamtape convert` of plain bodies, there and back."""

import gzip
import json
from pathlib import Path

import pytest

from streamtape.tape.model import Ending
from streamtape.tape.store import load
from tests.cli.running import interaction, refused, responses, run, sse, tape


def test_a_plain_stream_becomes_a_cassette_that_makes_nothing_up(tmp_path: Path) -> None:
    """The bytes are there; times and cuts are marked as unknown."""
    body = b"".join(responses("hello"))
    (tmp_path / "in.sse").write_bytes(body)
    result = run("convert", tmp_path / "in.sse", tmp_path / "out.tape")
    assert result.exit_code == 0
    assert "1 interaction, 1 without times" in result.stdout
    (one,) = load(tmp_path / "out.tape")
    assert one.body == body
    assert [chunk.at_us for chunk in one.chunks] == [None]
    assert one.head is not None
    assert (one.head.at_us, one.ending.at_us, one.started_at_us) == (None, None, None)
    assert not one.cuts_known
    assert one.transcript().text == "hello"


def test_and_back(tmp_path: Path) -> None:
    """A cassette's body is written as it was, and read again as the same."""
    body = b"".join(sse("a", "b"))
    path = tape(tmp_path / "x.tape", interaction(sse("a", "b")))
    assert run("convert", path, tmp_path / "x.sse").exit_code == 0
    assert (tmp_path / "x.sse").read_bytes() == body
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["x.sse", "x.tape"]


def test_json_lines(tmp_path: Path) -> None:
    """NDJSON is known by its name, too."""
    (tmp_path / "in.jsonl").write_bytes(b'{"a": 1}\n{"a": 2}\n')
    run("convert", tmp_path / "in.jsonl", tmp_path / "out.tape")
    (one,) = load(tmp_path / "out.tape")
    assert [frame.data for frame in one.frames()] == ['{"a": 1}', '{"a": 2}']


def test_an_address_makes_it_answer_requests(tmp_path: Path) -> None:
    """--url and --method say what a body alone does not."""
    (tmp_path / "in.sse").write_bytes(b"data: a\n\n")
    args = ("--url", "https://x.example/v1", "--method", "POST")
    run("convert", tmp_path / "in.sse", tmp_path / "out.tape", *args)
    (one,) = load(tmp_path / "out.tape")
    assert (one.request.method, one.request.url) == ("POST", "https://x.example/v1")


def test_json_says_what_was_made(tmp_path: Path) -> None:
    """--json tells programs what was read and written."""
    (tmp_path / "in.sse").write_bytes(b"data: a\n\n")
    report = json.loads(run("convert", tmp_path / "in.sse", tmp_path / "o.tape", "--json").stdout)
    assert (report["interactions"], report["chunks"], report["without_times"]) == (1, 1, 1)


def test_what_a_format_can_not_say_is_reported(tmp_path: Path) -> None:
    """A broken ending is lost in a plain file, and stderr says so."""
    path = tape(tmp_path / "x.tape", interaction(sse("a"), ending=Ending("abandoned", 5)))
    assert "ended as abandoned" in run("convert", path, tmp_path / "x.sse").stderr


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("in.sse", b"<html>hi</html>", "no sse event in it"),
        ("in.sse", b"", "the file is empty"),
        ("in.xyz", b"data: a\n\n", "is not clear from its name"),
        ("in.tape", b"data: a\n\n", "is not a cassette"),
    ],
)
def test_what_is_not_what_it_says_is_refused(
    name: str, data: bytes, says: str, tmp_path: Path
) -> None:
    """A file that is something else gives an error that names it, and no cassette."""
    (tmp_path / name).write_bytes(data)
    output = refused("convert", tmp_path / name, tmp_path / "out.tape")
    assert says in output
    assert name in output
    assert not (tmp_path / "out.tape").exists()


def test_refusals(tmp_path: Path) -> None:
    """A missing file, an unknown format, a target that exists, too many interactions."""
    two = tape(tmp_path / "two.tape", interaction(sse("a")), interaction(sse("b")))
    before = two.read_bytes()
    assert "cannot read" in refused("convert", tmp_path / "gone.sse", tmp_path / "o.tape")
    assert "did you mean 'sse'" in refused("convert", "x", tmp_path / "o.tape", "--from", "sseq")
    assert "--force replaces it" in refused("convert", "x.sse", two)
    assert two.read_bytes() == before
    assert "2 interactions" in refused("convert", two, tmp_path / "o.sse")
    assert run("convert", two, tmp_path / "o.sse", "--index", "1").exit_code == 0
    assert (tmp_path / "o.sse").read_bytes() == b"data: b\n\n"


VCR = """
interactions:
- request: {method: GET, uri: 'http://x/', headers: {authorization: [secret]}, body: ''}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: hello}}
"""


def test_a_whole_folder_keeps_its_names(tmp_path: Path) -> None:
    """Every document below becomes a cassette beside its like; one that is bad hides no other."""
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "test_agent").mkdir(parents=True)
    (old / "test_agent" / "test_one[a].yaml").write_text(VCR)
    (old / "two.sse").write_bytes(b"data: a\n\n")
    (old / "notes.txt").write_text("not for us")
    result = run("convert", old, new)
    assert result.exit_code == 0
    assert "2 of 2 documents converted" in result.stderr
    assert "1 secret masked" in result.stdout
    assert load(new / "test_agent" / "test_one[a].tape")[0].body == b"hello"
    assert load(new / "two.tape")[0].body == b"data: a\n\n"
    (old / "bad.json").write_text("{}")
    again = run("convert", old, new, "--json")
    assert again.exit_code == 2
    errors = [made.get("error", "") for made in json.loads(again.stdout)]
    assert "no interactions" in errors[0]
    assert all("exists already" in error for error in errors[1:])
    assert run("convert", old, new, "--force").stdout.count(".tape: 1 interaction") == 2


def test_one_odd_entry_is_noted_and_the_others_are_kept(tmp_path: Path) -> None:
    """Status 0, the rest in the cassette, and stderr and --json say what was left out."""
    (tmp_path / "old.yaml").write_text(f"{VCR}- 5\n" + "- {request: 7}\n" * 12)
    result = run("convert", tmp_path / "old.yaml", tmp_path / "o.tape")
    assert result.exit_code == 0
    assert len(load(tmp_path / "o.tape")) == 1
    assert "note: the document.interactions[1]: expected an object, got 5" in result.stderr
    assert "and 3 more notes" in result.stderr
    again = run("convert", tmp_path / "old.yaml", tmp_path / "o.tape", "--force", "--json")
    assert len(json.loads(again.stdout)["notes"]) == 13


def test_folders_that_hold_nothing_are_refused(tmp_path: Path) -> None:
    """An empty folder, and a file where a folder is wanted."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert "nothing to convert" in refused("convert", tmp_path / "empty", tmp_path / "new")
    assert "is a file" in refused("convert", tmp_path / "empty", tmp_path / "file")


NO_HAR = '{"log": {"entries": []}}'
NO_VCR = '{"interactions": []}'
EVENTS = 'data: {"a": 1}\n\n'


@pytest.mark.parametrize("suffix", ["har", "yaml", "json", "toml", "sse", "ndjson", "jsonl"])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "the file is empty; expected "),
        (b" \n\t\n", "there are only 4 blanks in it; expected "),
        (b"<!DOCTYPE html>\n<html>", "; it is an HTML page"),
        (b"<?xml version='1.0'?>", "; it is XML"),
        (gzip.compress(EVENTS.encode()), "; it is compressed with gzip; unpack it first"),
        (b"PK\x03\x04rest", "; it is a zip archive; unpack it first"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "; it is not text"),
    ],
    ids=["empty", "blank", "html", "xml", "gzip", "zip", "picture"],
)
def test_what_is_none_of_the_format(
    tmp_path: Path, suffix: str, data: bytes, expected: str
) -> None:
    """The message says what the file is, and nothing is written."""
    (source := tmp_path / f"in.{suffix}").write_bytes(data)
    assert expected in refused("convert", source, tmp_path / "out.tape")
    assert not (tmp_path / "out.tape").exists()


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("in.json", NO_HAR, "--from har"),
        ("in.yaml", NO_HAR, "--from har"),
        ("in.har", NO_VCR, "--from vcr"),
        ("in.har", "interactions:\n- request: {}\n", "--from vcr"),
        ("in.har", EVENTS, "--from sse"),
        ("in.ndjson", EVENTS, "--from sse"),
        ("in.har", '{"a": 1}\n{"a": 2}\n', "--from ndjson"),
        ("in.sse", '{"a": 1}\n{"a": 2}\n', "--from ndjson"),
        ("in.sse", NO_HAR, "--from har"),
        ("in.sse", NO_VCR, "--from vcr"),
    ],
)
def test_another_format_than_its_name_says(tmp_path: Path, name: str, text: str, hint: str) -> None:
    """The message names the option that reads it."""
    (source := tmp_path / name).write_text(text)
    assert hint in refused("convert", source, tmp_path / "out.tape")


def test_a_cassette_under_another_name(tmp_path: Path) -> None:
    """Renamed to .har it is told to be one of ours, not broken JSON."""
    source = tape(tmp_path / "run.tape", interaction([b"data: 1\n\n"]))
    output = refused("convert", source.rename(tmp_path / "run.har"), tmp_path / "out.tape")
    assert "it is a cassette of streamtape; its name should end in .tape" in output
