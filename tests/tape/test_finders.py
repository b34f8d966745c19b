"""Both ways of finding literals find the same, and all that is there."""

import threading
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamtape.secrets import literals
from streamtape.secrets.literals import ESCAPE, Finder, Literals, Portable, Vectorized
from streamtape.secrets.unescape import _ESCAPE, SIGNS, last_escape
from tests.tape.test_masking import FILLERS

LITERALS = Literals(frozenset())
EXACT, FOLDED = LITERALS._exact, LITERALS._folded
PORTABLE = Portable(EXACT, FOLDED)
QUICKEST = literals.finder(EXACT, FOLDED)
QUICKEST.prepare()
needs_hyperscan = pytest.mark.skipif(
    literals.hyperscan is None, reason="hyperscan has no wheel for this platform"
)


def both() -> list[Finder]:
    """The finders of this platform."""
    return [PORTABLE, QUICKEST, literals.finder(EXACT, FOLDED)]


@pytest.mark.parametrize("finder", both(), ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("size", [0, 400], ids=["small", "large"])
def test_every_literal_is_found(finder: Finder, size: int) -> None:
    """At its place, whatever stands around it; folded ones in odd case too."""
    before = FILLERS[2] * size
    for number, literal in enumerate((*EXACT, *FOLDED)):
        forms = [literal]
        if number >= len(EXACT):
            odd = bytes(
                c ^ 0x20 if n % 2 and chr(c).isalpha() else c for n, c in enumerate(literal)
            )
            forms += [literal.upper(), odd]
        for form in forms:
            expected = (number, len(before), len(before) + len(literal))
            assert expected in finder.hits(before + form + before), form


PIECES = st.one_of(
    st.sampled_from([*EXACT, *FOLDED, *SIGNS, *(word.upper() for word in FOLDED), *FILLERS]),
    st.sampled_from([b"\\u0073", b"\\u0f73", b"%2", b"%2F", b"%7g", b"\\", b"/", b"%"]),
    st.binary(max_size=6),
)


@needs_hyperscan
@given(st.lists(PIECES, max_size=30).map(b"".join), st.sampled_from([0, 5000]))
@example(b"sk-sk_ak_live_", 0)
def test_both_find_the_same(text: bytes, padding: int) -> None:
    """Overlapping literals, literals that are cut off, escapes and what only looks like one."""
    text = b"." * padding + text
    assert sorted(QUICKEST.hits(text)) == sorted(PORTABLE.hits(text))


@needs_hyperscan
@pytest.mark.parametrize(("n_texts", "size"), [(1, 5000), (600, 2000)], ids=["long", "many"])
def test_what_takes_long_to_make_is_made_late(
    monkeypatch: pytest.MonkeyPatch, n_texts: int, size: int
) -> None:
    """For a long text, or after many short ones."""
    made: list[Vectorized] = []

    def make(*given: Any) -> Vectorized:
        made.append(Vectorized(*given))
        return made[-1]

    monkeypatch.setattr(literals, "Vectorized", make)
    finder = literals.finder(EXACT, FOLDED)
    assert finder.hits(b"ghp_") == PORTABLE.hits(b"ghp_")
    assert not made
    for _ in range(n_texts):
        finder.hits(b"." * size)
    assert finder.hits(b"ghp_") == PORTABLE.hits(b"ghp_")
    assert len(made) == 1


@pytest.mark.parametrize("finder", both(), ids=lambda f: type(f).__name__)
@given(text=st.lists(PIECES, max_size=6).map(b"".join))
def test_the_last_escape_is_found(finder: Finder, text: bytes) -> None:
    """As one hit, where undoing would find one."""
    at = last_escape(text)
    found = [hit for hit in finder.hits(text) if hit[0] == ESCAPE]
    assert found == ([] if at < 0 else [(ESCAPE, at, at + 1)])


@pytest.mark.parametrize("finder", both(), ids=lambda f: type(f).__name__)
def test_threads_search_at_once(finder: Finder) -> None:
    """No thread disturbs another in the midst of a search."""
    text = (FILLERS[1] + FILLERS[4]) * 50
    expected = finder.hits(text)
    results: list[bool] = []

    def search() -> None:
        results.extend(finder.hits(text) == expected for _ in range(50))

    threads = [threading.Thread(target=search) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 300


@needs_hyperscan
def test_a_search_within_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal's handler may search while its own thread does."""
    finder = literals.finder(EXACT, FOLDED)
    finder.prepare()
    inner: list[Any] = []
    taken = literals._take

    def interrupted(number: int, start: int, end: int, flags: int, ends: Any) -> None:
        if not inner:
            inner.append(None)
            monkeypatch.setattr(literals, "_take", taken)
            inner.append(finder.hits(b"xoxb-"))
        taken(number, start, end, flags, ends)

    monkeypatch.setattr(literals, "_take", interrupted)
    assert finder.hits(b"ghp_ ghp_") == PORTABLE.hits(b"ghp_ ghp_")
    assert inner[1] == PORTABLE.hits(b"xoxb-")


def test_no_literals_at_all() -> None:
    """Where every kind is off, escapes are all that is found."""
    finder = literals.finder((), ())
    for hits in (Portable((), ()).hits, finder.hits, finder.prepare()):
        assert hits(b"sk- key") == []
        assert hits(b"a%2Fb") == [(ESCAPE, 1, 2)]


ESCAPES = (
    "\\",
    "\\x41",
    "\\/",
    "%41",
    "%4",
    "&#65;",
    "&#x41;",
    "\\u{41}",
    "\\\\\\u0041",
    "\\101",
    "a",
)


@given(
    st.lists(st.sampled_from(ESCAPES)), st.integers(4050, 4130), st.lists(st.sampled_from(ESCAPES))
)
def test_the_last_escape_is_looked_for_from_the_end(
    before: list[str], n_between: int, after: list[str]
) -> None:
    """Wherever the part begins that is looked at first, the answer is that of the whole text."""
    text = ("".join(before) + "." * n_between + "".join(after)).encode()
    found = [match.start() for match in _ESCAPE.finditer(text)]
    assert last_escape(text) == (found[-1] if found else -1)
    assert last_escape(text + b"." * 40_000) == last_escape(text)


@pytest.mark.parametrize("escape", ["\\\\\\u0041", "\\\\\\/", "&#x0041;", "\\u{0041}", "%41%42"])
def test_an_escape_where_the_look_begins(escape: str) -> None:
    """One that lies over that place is found by its first sign."""
    for n_after in range(4080, 4100):
        text = b".." + escape.encode() + b"." * n_after
        assert last_escape(text) == [match.start() for match in _ESCAPE.finditer(text)][-1]
