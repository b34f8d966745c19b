"""Texts in JSON with their places, and secrets that lie in several of them."""

import pytest

from streamtape.secrets.json_spans import documents, units
from streamtape.secrets.scanner import Search
from streamtape.secrets.split import splits

SEARCH = Search(more=[("own", "zq[0-9]{6}")])


def leaves(body: bytes) -> list[tuple[tuple[str | int, ...], bytes, bool]]:
    """Path, bytes and whether it is a text, of each leaf of all documents."""
    return [
        (path, body[start:end], is_text)
        for document in documents(body)
        for path, start, end, is_text in document.leaves
    ]


def test_leaves_have_paths_and_places() -> None:
    """Keys and indices lead to them; texts are without their quotes, scalars as they stand."""
    body = b'{"a":[1,"x",{"b":"y"},[]], "c" : true,"\\u0064":"z\\"","e":""}'
    assert leaves(body) == [
        (("a", 0), b"1", False),
        (("a", 1), b"x", True),
        (("a", 2, "b"), b"y", True),
        (("c",), b"true", False),
        (("d",), b'z\\"', True),
        (("e",), b"", True),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"x"}\n["y",\n"z"]\n',
        b'data: {"a":"x"}\n\nevent: b\ndata:["y",\n"z"]\n\n',
        b'&{"a":"x"} {"no":"line of its own"}\n\t["y",\n"z"]',
    ],
)
def test_documents_begin_on_lines(body: bytes) -> None:
    """Of NDJSON, of an event stream, behind the sign of a search; each may take several lines."""
    found = list(documents(body))
    assert [body[one.start : one.end] for one in found] == [b'{"a":"x"}', b'["y",\n"z"]']
    assert all(one.complete for one in found)
    assert leaves(body) == [(("a",), b"x", True), ((0,), b"y", True), ((1,), b"z", True)]


def test_a_document_that_is_cut_off_has_what_came() -> None:
    """It goes to the end of the body, and is not complete."""
    body = b'{"a":"x","b":["y","z'
    (document,) = documents(body)
    assert (document.start, document.end, document.complete) == (0, len(body), False)
    assert leaves(body)[:2] == [(("a",), b"x", True), (("b", 0), b"y", True)]


@pytest.mark.parametrize(("depth", "n_leaves"), [(499, 1), (500, 1), (501, 0)])
def test_documents_are_read_to_a_depth(depth: int, n_leaves: int) -> None:
    """What lies deeper than 500 is left out."""
    assert len(leaves(b"[" * depth + b'"x"' + b"]" * depth)) == n_leaves


def test_units_are_escapes_and_runs_of_bytes() -> None:
    """What each stands for, and where; half of a surrogate pair stands for a question mark."""
    text = rb"ab\u00e9\n\/\"\ud83dc"
    assert [(piece, text[start:end]) for piece, start, end in units(text)] == [
        (b"ab", b"ab"),
        ("é".encode(), rb"\u00e9"),
        (b"\n", rb"\n"),
        (b"/", rb"\/"),
        (b'"', rb"\""),
        (b"?", rb"\ud83d"),
        (b"c", b"c"),
    ]


def stream(*texts: str, index: int = 0) -> bytes:
    """Deltas of an event stream with these texts."""
    line = 'data: {"type":"delta","index":%d,"n":%d,"delta":{"text":"%s"}}\n\n'
    return "".join(line % (index, n, text) for n, text in enumerate(texts)).encode()


@pytest.mark.parametrize(
    ("texts", "pieces"),
    [
        (("my zq12", "3456 is"), [b"zq12", b"3456"]),
        (("zq1", "2345", "6"), [b"zq1", b"2345", b"6"]),
        (("zq12", "", "3456"), [b"zq12", b"3456"]),
        ((r"\nzq\u0031", r"23456\n"), [b"zq", rb"\u0031", b"23456"]),
        (("a zq12", "3456, zq65", "4321"), [b"zq12", b"3456", b"zq65", b"4321"]),
    ],
)
def test_a_secret_in_pieces_is_found_whole(texts: tuple[str, ...], pieces: list[bytes]) -> None:
    """Each piece exactly, no byte beside it; an escape is a piece of its own, and whole."""
    body = stream(*texts)
    found = list(splits(body, SEARCH))
    assert [body[start:end] for one in found for start, end in one.pieces] == pieces
    assert {(one.kind, one.length) for one in found} == {("own", 8)}


@pytest.mark.parametrize(
    "body",
    [
        stream("zq123456", "is whole"),
        stream("zq", "and 123456"),
        stream("zq12") + stream("3456", index=1),
        b'{"a":"zq12","b":"3456"}\n',
    ],
    ids=["in one text", "not beside each other", "two streams", "two paths"],
)
def test_what_is_no_secret_in_pieces(body: bytes) -> None:
    """Only texts at one path of one stream are joined."""
    assert list(splits(body, SEARCH)) == []
