"""Whether the body in a foreign document is packed as its headers say."""

import gzip
import sys
import zlib

import brotli
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamtape.content.decode import decoder_for
from streamtape.convert.imported import imported_interaction
from streamtape.tape.model import Head, Request

ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
PLAIN = [
    b"plain text",
    b'{"a": 1}',
    b"data: 1\n\n",
    b"\x06",
    b"\x00\x01\x02plain",
]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x-unknown"])
@pytest.mark.parametrize("library", [True, False])
@given(data=st.text(max_size=30).map(str.encode) | st.sampled_from(PLAIN))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_plain_body_is_noticed_by_its_end(
    monkeypatch: pytest.MonkeyPatch, encoding: str, library: bool, data: bytes
) -> None:
    """Text under a header that says it is packed can be read, whatever its beginning looks like."""
    if not library:
        monkeypatch.setitem(sys.modules, "brotli", None)
        monkeypatch.setitem(sys.modules, "brotlicffi", None)
    headers = ((b"content-encoding", encoding.encode()),)
    one = imported_interaction(Request("GET", "u"), Head(200, headers), data)
    packed = data not in (b"", one.content)
    assert not packed or len(data) < 6  # a whole body in this encoding, which happens to be UTF-8
    if packed:
        assert decoder_for(encoding).feed(data) == one.content


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("cut", [None, -3])
def test_a_packed_body_stays_as_it_is(encoding: str, cut: int | None) -> None:
    """Whole or cut short, it is told from a plain one."""
    data = b"data: one of many\n\n" * 40
    packed = ENCODERS[encoding](data)[:cut]
    headers = ((b"content-encoding", encoding.encode()),)
    one = imported_interaction(Request("GET", "u"), Head(200, headers), packed)
    assert one.head is not None
    assert one.head.headers == headers
    assert data.startswith(one.content)


@pytest.mark.parametrize("encoding", ENCODERS)
@given(data=st.binary(min_size=8, max_size=80))
@settings(deadline=None)
def test_a_binary_body_that_is_not_packed_is_noticed(encoding: str, data: bytes) -> None:
    """An image that a tool unpacked is read as it is, or as the packed body it happens to be."""
    headers = ((b"content-encoding", encoding.encode()),)
    one = imported_interaction(Request("GET", "u"), Head(200, headers), b"\x89PNG\r\n\x1a\n" + data)
    if one.head is not None and one.head.headers:
        decoder = decoder_for(encoding)
        decoder.feed(one.body)
        assert decoder.finished
    else:
        assert one.content == one.body
