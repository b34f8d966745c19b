"""Faults as values: their text, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import UsageError
from streamtape.playback.faults import KINDS, Fault, parse_fault, parse_faults

TEXTS = [
    "cut@event=12", "cut@byte=900:rst", "cut@head", "cut@end:rst", "cut@event=?",
    "close=1011@event=3", "close=4000@end",
    "stall=30s@event=5", "stall=1500us@byte=7", "stall=2s@head,times=1", "error@event=5",
    "error=overloaded_error@event=0", "done@event=1", "drop@event=3", "double@event=3",
    "swap@event=3,times=2", "corrupt@event=3", "corrupt@byte=17", "utf8@event=3",
    "http=429,retry_after=1", "http=500,times=3", "http=503,retry_after=0,times=all",
    "cut@event=3,of=1", "http=429,times=2,of=0",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_the_text_of_a_fault_reads_back(text: str) -> None:
    """What is printed can be given again."""
    assert str(parse_fault(text)) == text


def test_every_kind_is_tried_here() -> None:
    """The list above has them all."""
    assert {parse_fault(text).kind for text in TEXTS} == set(KINDS)


def test_what_goes_without_saying_is_not_printed() -> None:
    """A FIN, and the number of times that a kind has by itself, are left out."""
    assert str(parse_fault("cut@byte=9:fin")) == "cut@byte=9"
    assert str(parse_fault("http=429,times=1")) == "http=429"
    assert str(parse_fault(" drop@event=3,times=all ")) == "drop@event=3"


def test_several_are_a_list_or_one_text() -> None:
    """Texts, values and lists of both are read alike."""
    both = parse_faults("stall=2s@event=1; cut@event=3")
    assert both == parse_faults(["stall=2s@event=1", parse_fault("cut@event=3")])
    assert parse_faults(both[0]) == both[:1]
    assert parse_faults("") == parse_faults([]) == ()


def test_times_says_which_requests_are_struck() -> None:
    """An HTTP error strikes the first request only, a cut every one, unless told otherwise."""
    assert [parse_fault("http=429").strikes(n) for n in range(3)] == [True, False, False]
    assert [parse_fault("http=429,times=2").strikes(n) for n in range(3)] == [True, True, False]
    assert all(parse_fault("cut@head").strikes(n) for n in range(3))


def test_of_says_which_interaction_is_struck() -> None:
    """A fault of one interaction leaves the others alone, and one that is not known."""
    fault = parse_fault("cut@head,of=1")
    assert [fault.strikes(0, number) for number in (0, 1, 2, None)] == [False, True, False, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("explode@event=3", "unknown fault (known: "),
        ("cut", "needs a position"),
        ("cut@frame=3", "@event=N"),
        ("cut@event", "whole number"),
        ("cut@event=-1", "whole number"),
        ("cut@head=3", "takes no number"),
        ("cut@event=3:abort", ":rst or :fin"),
        ("drop@event=3:rst", "only a cut"),
        ("cut=3@event=3", "takes no value"),
        ("stall@event=3", "invalid duration"),
        ("stall=3@event=3", "30s"),
        ("drop@byte=3", "needs a position"),
        ("http", "whole number"),
        ("http=99", "whole number"),
        ("http=600", "no HTTP status"),
        ("http=500@event=1", "needs a position"),
        ("http=429,retry_after=soon", "whole number"),
        ("http=429,wait=1", "unknown 'wait'"),
        ("cut@head,times=0", "whole number"),
        ("error=<b>@event=1", "invalid error type"),
    ],
)
def test_what_is_wrong_is_refused(text: str, expected: str) -> None:
    """The message shows the fault and what is wrong with it."""
    with pytest.raises(UsageError, match=f"{text!r}") as refused:
        parse_fault(text)
    assert expected in str(refused.value)


words = st.sampled_from(
    [
        *KINDS,
        *"=@?,;1",
        "event",
        "byte",
        "head",
        "end",
        ":rst",
        "times",
        "retry_after",
        "30s",
        "429",
    ]
)


@given(st.text(max_size=30) | st.lists(words, max_size=10).map("".join))
def test_any_text_is_faults_or_refused(text: str) -> None:
    """Faults whose text reads back, or our error, nothing else."""
    try:
        faults = parse_faults(text)
    except UsageError:
        return
    assert all(isinstance(fault, Fault) for fault in faults)
    assert parse_faults(";".join(map(str, faults))) == faults
