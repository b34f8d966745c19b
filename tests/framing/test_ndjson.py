"""Newline-delimited JSON: lines to frames, in any cuts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape import NDJSONParser, SSEFrame
from streamtape.errors import FrameTooLargeError, UsageError
from tests.framing.cuts import bytewise, cut_at, places, run, splits
from tests.shared import SHARED, needs_corpus

streams = st.one_of(
    st.lists(
        st.sampled_from([b'{"a": 1}', b"\n", b"\r\n", b"\r", b" ", b"\xff", b"\xef\xbb\xbf", b"x"]),
        max_size=30,
    ).map(b"".join),
    st.binary(max_size=100),
)


def test_one_frame_a_line() -> None:
    """Lines end with LF or CRLF; blank ones are no frames; the last may have no end."""
    frames, error = run(NDJSONParser(), [b'\xef\xbb\xbf{"a": 1}\r\n\n \n{"b": "\xff"}\n{"c"'])
    assert error is None
    assert frames == [
        SSEFrame(data='{"a": 1}'),
        SSEFrame(data='{"b": "\ufffd"}'),
        SSEFrame(data='{"c"', complete=False),
    ]


@given(stream=streams, cuts=places)
def test_any_bytes_in_any_cuts(stream: bytes, cuts: list[int]) -> None:
    """Any bytes give frames, and the same ones however they are cut."""
    text = stream.removeprefix(b"\xef\xbb\xbf")
    lines = [line.removesuffix(b"\r") for line in text.split(b"\n") if line.strip()]
    whole = run(NDJSONParser(), [stream])
    assert [f.data for f in whole[0]] == [line.decode("utf-8", "replace") for line in lines]
    for chunks in (bytewise(stream), cut_at(stream, cuts), *splits(stream)):
        assert run(NDJSONParser(), chunks) == whole


@given(stream=streams, cuts=places, bound=st.integers(min_value=1, max_value=12))
def test_the_bound_does_not_depend_on_the_cuts(stream: bytes, cuts: list[int], bound: int) -> None:
    """A line over the bound is our error, after the same frames, however the stream is cut."""
    whole = run(NDJSONParser(max_frame_bytes=bound), [stream])
    assert run(NDJSONParser(max_frame_bytes=bound), bytewise(stream)) == whole
    assert run(NDJSONParser(max_frame_bytes=bound), cut_at(stream, cuts)) == whole


def test_an_endless_line_is_an_error_that_says_the_way_out() -> None:
    """The error names the size, the bound and the option, and stays."""
    parser = NDJSONParser(max_frame_bytes=10)
    with pytest.raises(FrameTooLargeError, match=r"11 bytes .* bound of 10.*max_frame_bytes"):
        parser.feed(b'{}\n{"abcdefghi')
    with pytest.raises(FrameTooLargeError):
        parser.feed(b"\n")
    assert parser.close() is None
    with pytest.raises(UsageError, match="at least 1"):
        NDJSONParser(max_frame_bytes=-1)


@needs_corpus
def test_recorded_streams() -> None:
    """Every line of the recorded streams is JSON, and the last says that it is."""
    paths = list((SHARED / "corpus" / "core").rglob("*.ndjson"))
    assert paths
    for path in paths:
        stream = path.read_bytes()
        whole = run(NDJSONParser(), [stream])
        assert [json.loads(frame.data) for frame in whole[0]], path
        for size in (1, 7, 100):
            assert run(NDJSONParser(), cut_at(stream, range(0, len(stream), size))) == whole
