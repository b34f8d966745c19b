"""SSE frames as values, and frames -> bytes -> frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape import SSEFrame, SSEParser, encode_sse
from streamtape.errors import FramingError
from streamtape.tape.events import Frame
from tests.framing.cuts import cut_at, places, run

text = st.text(
    st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])
    | st.sampled_from(": \ufeff\u2028\x85\x0b\0"),
    max_size=12,
)
frames = st.builds(
    SSEFrame,
    event=text.filter(bool),
    data=st.none() | st.lists(text, min_size=1, max_size=3).map("\n".join),
    id=text.map(lambda value: value.replace("\0", "")),
    retry=st.none() | st.integers(min_value=0, max_value=10**30),
    comments=st.lists(text, max_size=2).map(tuple),
)


def test_a_frame_is_a_value() -> None:
    """Frames have defaults, compare and hash by value, and show what is not a default."""
    assert SSEFrame() == SSEFrame(
        event="message", data=None, id="", retry=None, comments=(), complete=True
    )
    assert len({SSEFrame(data="x"), SSEFrame(data="x"), SSEFrame(data="y")}) == 2
    assert repr(SSEFrame(event="ping", data="")) == "SSEFrame(event='ping', data='')"
    with pytest.raises(AttributeError):
        SSEFrame().data = "x"  # type: ignore[misc]  # what must fail


@given(written=st.lists(frames, max_size=6), cuts=places, cut_short=st.booleans())
def test_frames_come_back(written: list[SSEFrame], cuts: list[int], cut_short: bool) -> None:
    """Any frames, written and cut anywhere, are read as equal frames, an incomplete last too."""
    if written and cut_short:
        last = written[-1]
        written[-1] = SSEFrame(last.event, last.data, last.id, last.retry, last.comments, False)
    stream = b"".join(map(encode_sse, written))
    assert run(SSEParser(), cut_at(stream, cuts)) == (written, None)


@given(written=st.lists(frames, max_size=6))
def test_ids_are_written_only_where_they_change(written: list[SSEFrame]) -> None:
    """Told what id is in force, frames are written without it and still come back."""
    in_force = ["", *(frame.id for frame in written)]
    pieces = [encode_sse(f, last_event_id=i) for f, i in zip(written, in_force, strict=False)]
    assert run(SSEParser(), [b"".join(pieces)]) == (written, None)


@given(data=st.data(), written=st.lists(frames, max_size=5), cuts=places)
def test_any_spelling_of_fields_and_line_ends(
    data: st.DataObject, written: list[SSEFrame], cuts: list[int]
) -> None:
    """Frames written with any legal line ends, spacing, order and noise are the same frames."""
    stream = b"\xef\xbb\xbf" if data.draw(st.booleans()) else b""
    for frame in written:
        lines = [f":{comment}" for comment in frame.comments]
        fields = [("event", frame.event), ("id", frame.id)]
        if frame.retry is not None:
            fields.append(("retry", str(frame.retry)))
        fields += [
            ("data", line) for line in (frame.data or "").split("\n") if frame.data is not None
        ]
        for name, value in fields:
            spellings = [f"{name}: {value}"]
            if not value.startswith(" "):
                spellings.append(f"{name}:{value}")
            if not value:
                spellings.append(name)
            lines.append(data.draw(st.sampled_from(spellings)))
            lines += data.draw(st.sampled_from([[], ["unknown: x"], ["Data: x"], ["retry: 5x"]]))
        blank_lines = data.draw(st.integers(min_value=1, max_value=3))
        for line in [*lines, *[""] * blank_lines]:
            # A LF right after a CR would be no blank line but the second half of a line end.
            after_cr = stream.endswith(b"\r") and not line
            end = data.draw(st.sampled_from(["\r", "\r\n"] if after_cr else ["\r", "\r\n", "\n"]))
            stream += (line + end).encode()
    assert run(SSEParser(), cut_at(stream, cuts)) == (written, None)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (SSEFrame(event="a\nb"), r"'\\n' in the event .* 'a\\nb'"),
        (SSEFrame(event="a\rb"), r"'\\r' in the event"),
        (SSEFrame(event=""), "an empty event"),
        (SSEFrame(data="a\rb"), r"'\\r' in the data"),
        (SSEFrame(id="a\0b"), r"'\\x00' in the id"),
        (SSEFrame(id="a\nb"), r"'\\n' in the id"),
        (SSEFrame(comments=("a\nb",)), r"'\\n' in the comment"),
        (SSEFrame(retry=-5), "-5: it must be 0 or more"),
        (SSEFrame(retry=10**5000), "more digits"),
        (SSEFrame(data="\ud800"), "UTF-8"),
    ],
)
def test_what_cannot_be_written_is_refused(frame: SSEFrame, message: str) -> None:
    """A frame that would be read as another one is an error that shows the value."""
    with pytest.raises(FramingError, match=message):
        encode_sse(frame)


def test_how_frames_are_written() -> None:
    """The bytes are the plain ones that servers send; a frame of a recording is written alike."""
    frame = SSEFrame(event="tick", data="1\n2", id="7", retry=50, comments=(" hi",))
    written = b"id: 7\n: hi\nretry: 50\nevent: tick\ndata: 1\ndata: 2\n\n"
    assert encode_sse(frame) == written
    assert encode_sse(Frame("tick", "1\n2", "7", 50, (" hi",), at_us=3, chunk=4)) == written
    assert encode_sse(SSEFrame(data="x"), last_event_id="") == b"data: x\n\n"
    assert encode_sse(SSEFrame(data="x")) == b"id:\ndata: x\n\n"
    assert encode_sse(SSEFrame(), last_event_id="") == b"id:\n\n"
    assert encode_sse(SSEFrame(data="x", complete=False), last_event_id="") == b"data: x\n"
