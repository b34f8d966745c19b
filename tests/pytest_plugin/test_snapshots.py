"""`assert stream == tape_snapshot`: kept, compared, missing, updated, unused."""

from tests.pytest_plugin.conftest import Suite

SSE = b"".join(
    b"event: response.output_text.delta\ndata: %s\n\n" % data
    for data in (
        b'{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,'
        b'"content_index":0,"delta":"one two ","sequence_number":1}',
        b'{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,'
        b'"content_index":0,"delta":"three","sequence_number":2}',
    )
)
TEST = (
    "@streamtape.cassette\ndef test_a(tape, tape_snapshot):\n"
    "    httpx.post(URL + '/v1/responses', json={'model': 'm'})\n"
    "    assert tape.events() == tape_snapshot\n"
)


def test_missing_then_written_then_compared(suite: Suite) -> None:
    """A missing snapshot fails and shows what it would be; an update writes it; then it holds."""
    suite.upstream.body = SSE
    suite.write(TEST)
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there is no snapshot *test_a.txt; --tape-update writes it:"])
    suite.run("--tape-update").assert_outcomes(passed=1)
    kept = suite.folder / "snapshots/test_it/test_a.txt"
    assert kept.read_text().splitlines()[:2] == ["text:", "  one two three"]
    suite.run().assert_outcomes(passed=1)


def test_a_changed_word_is_shown(suite: Suite) -> None:
    """The failure shows the words that differ; other cuts and ids are no difference."""
    suite.upstream.body = SSE
    suite.write(TEST)
    suite.run("--tape-update").assert_outcomes(passed=1)
    suite.upstream.body = (
        SSE.replace(b"msg_1", b"msg_9").replace(b"two ", b"tw").replace(b'"three"', b'"o three"')
    )
    suite.run("--tape-record=all").assert_outcomes(passed=1)
    suite.upstream.body = SSE.replace(b"two", b"2")
    result = suite.run("--tape-record=all")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*line 2:*one [[]-two-]{+2+} three*", "*--tape-update*"][:1])


def test_names_levels_and_order(suite: Suite) -> None:
    """A second snapshot of a test has a number, a named one its name, another level its lines."""
    suite.upstream.body = SSE
    suite.write(
        TEST + "    assert tape == tape_snapshot\n"
        "    assert tape.transcript() == tape_snapshot(name='by name')\n"
        "    assert tape.played[0] == tape_snapshot(name='lines', level='events')\n"
        "    assert streamtape.snapshot(tape) == tape_snapshot(name='text')\n"
    )
    suite.run("--tape-update").assert_outcomes(passed=1)
    folder = suite.folder / "snapshots/test_it"
    names = sorted(path.name for path in folder.iterdir())
    assert names[0] == "test_a.2.txt"
    assert len(names) == 5
    assert "text" in (folder / "test_a.lines.txt").read_text()
    assert (folder / "test_a.text.txt").read_text() == (folder / "test_a.2.txt").read_text()
    suite.run().assert_outcomes(passed=1)


def test_unused_snapshots_are_reported(suite: Suite) -> None:
    """A snapshot that no test compares with is told, and removed if asked."""
    suite.upstream.body = SSE
    suite.write(TEST)
    suite.run("--tape-update")
    old = suite.folder / "snapshots/test_it/test_old.txt"
    old.write_text("x")
    suite.run().stdout.fnmatch_lines(["*snapshots/test_it/test_old.txt: no test uses it*"])
    suite.run("--tape-prune").assert_outcomes(passed=1)
    assert not old.exists()


def test_what_is_no_stream_is_refused(suite: Suite) -> None:
    """A snapshot of something else is an error that says what it can be of."""
    suite.write("def test_a(tape_snapshot):\n    assert 5 == tape_snapshot\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UsageError: cannot make a snapshot of a int*"])
