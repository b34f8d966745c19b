"""The page: its shape, what it may do, and that a recording's texts stay texts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.report.masked import read
from streamtape.report.page.data import interaction_data
from streamtape.report.page.document import PACK_FROM, data_block, document
from tests.report.page.hostile import HOSTILE, hostile

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """What a browser would make of it: elements, their attributes, and the texts in them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[int, str] = {}
        self._open: list[int] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]] = self.texts.get(self._open[-1], "") + data

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        """All elements of a tag: attributes and text."""
        found = enumerate(self.elements)
        return [(attrs, self.texts.get(n, "")) for n, (name, attrs) in found if name == tag]

    @property
    def data(self) -> Any:
        """The data block, read as the script reads it."""
        ((attrs, text),) = [s for s in self.of("script") if s[0].get("id") == "data"]
        if attrs["data-packed"] == "json":
            return json.loads(text)
        return json.loads(zlib.decompress(base64.b64decode(text)))


def page_of(title: str, data: Any, *plain: str) -> Page:
    """A page, as it would be written and read."""
    return Page(document(title, data, plain).encode().decode())


def test_the_texts_of_a_recording_stay_texts() -> None:
    """Whatever a server sent: the elements are those of an empty page, the data is whole."""
    empty = page_of("run.tape", {"interactions": []})
    report = interaction_data(read(hostile()), [], name=HOSTILE, number=0)
    page = page_of(HOSTILE, {"interactions": [report]}, HOSTILE)
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in empty.elements]
    (one,) = page.data["interactions"]
    assert one["parts"][0]["text"] == f"Hi {HOSTILE} 😀 end"
    assert one["parts"][1]["name"] == HOSTILE
    ((_, title),) = page.of("title")
    assert title.startswith("</script><script>document.title='owned'")
    assert "\x00" not in title
    assert "\u202e" not in title


def test_the_page_asks_for_nothing() -> None:
    """No address in any attribute, and a policy that allows this script and this style alone."""
    page = page_of("run.tape", {"interactions": []})
    names = {name for _, attrs in page.elements for name in attrs}
    assert not names & {"src", "href", "srcset", "action", "style"}
    assert not any(name.startswith("on") for name in names)
    (policy,) = [
        attrs["content"] or ""
        for attrs, _ in page.of("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "connect-src" not in policy
    assert "img-src data:; media-src data:; " in policy
    (load,) = [text for attrs, text in page.of("script") if "type" not in attrs]
    (code,) = [text for attrs, text in page.of("script") if attrs.get("id") == "code"]
    script = zlib.decompress(base64.b64decode(code)).decode()
    ((_, style),) = page.of("style")
    for text in (load, script, style):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ):
        assert way not in script + load
    assert not re.search(r"url\(|@import|https?://", style)


@pytest.mark.parametrize("n_characters", [10, PACK_FROM * 2])
def test_much_data_is_packed(n_characters: int) -> None:
    """Little of it can be read in the file; much of it is a fraction of its size."""
    data = {"interactions": ["</script>" * (n_characters // 9)]}
    packed, block = data_block(data)
    assert packed == ("json" if n_characters < PACK_FROM else "deflate")
    assert len(block) < 2_000
    assert "<" not in block
    assert page_of("x", data).data == data


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(alphabet="<>&\"'/!-script[]data\u2028\ud800", max_size=40))
def test_any_text_comes_through(title: str, value: str) -> None:
    """Title, data and plain text of any characters leave the page's elements as they are."""
    empty = page_of("x", {"interactions": []})
    page = page_of(title, {"interactions": [value]}, value)
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in empty.elements]
    assert page.data == {"interactions": [value]}
