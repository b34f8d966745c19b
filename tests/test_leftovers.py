"""Tests neither need what others leave behind, nor leave anything."""

import os
import sys

import pytest

from tests.registries import registries_restored
from tests.shared import REPO
from tools.leftovers import LeftoverCheck, changes, state

TESTS = """
    import os, sys, pytest, streamtape

    def test_registers():
        streamtape.register_store("left-behind", lambda url: None)
        sys.path.append("left-behind")

    def test_takes_back(monkeypatch):
        monkeypatch.setenv("TAKEN_BACK", "1")
"""


def test_what_a_file_leaves_behind_is_reported(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last test fails, and names it; what was taken back is not named."""
    pytester.makepyfile(TESTS)
    monkeypatch.setattr("sys.path", list(sys.path))
    with registries_restored():
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", plugins=[LeftoverCheck()])
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_takes_back*", "*leave behind:*"])
    result.stdout.fnmatch_lines(["sys.path: * after", "stores: * after"])
    result.stdout.no_fnmatch_line("*TAKEN_BACK*")


def test_what_a_file_did_not_close_is_reported(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing would collect it before another file's tests."""
    monkeypatch.setattr("gc.freeze", lambda: None)  # what is alive here is not all of a file
    pytester.makepyfile(
        """
        def test_forgets():
            file = open(__file__)
            cycle = [file]
            cycle.append(cycle)
        """
    )
    args = ("-p", "no:cacheprovider", "-Werror")
    result = pytester.runpytest_inprocess(*args, plugins=[LeftoverCheck()])
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_forgets*", "*unclosed file*"])


def test_only_what_changed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed environment variable, and no other one."""
    monkeypatch.setenv("CHANGED", "1")
    before = state()
    monkeypatch.setenv("CHANGED", "2")
    (line,) = changes(before, state())
    assert line == "environment variables: {'CHANGED': '1'} before, {'CHANGED': '2'} after"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_test_that_needs_another_one_fails_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-p tools.alone` finds what passes only because of the tests before it."""
    pytester.makepyfile(
        """
        import pytest
        made = []

        @pytest.fixture(scope="module")
        def thing():
            made.append(1)

        def test_first(thing):
            assert made

        def test_second():
            assert made
        """
    )
    monkeypatch.setenv("PYTHONPATH", str(REPO))
    usual = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    usual.assert_outcomes(passed=2)
    alone = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "tools.alone")
    alone.assert_outcomes(passed=1, failed=1)
    alone.stdout.fnmatch_lines(["FAILED *::test_second - *"])
