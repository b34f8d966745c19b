"""Values beside names are found whole, however long they are, and in time that grows with them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from streamtape.secrets import assigned, named, names
from streamtape.secrets.scanner import default_search
from tests.tape.test_masking import cut, written

DRAWN = "aB3dE6gH9jK1mN4pQ7sT0vW2xY5zC8fL6hR3"
FORMS = {
    "header line": "X-Api-Key: VALUE\n",
    "scheme": "Authorization: Bearer VALUE\n",
    "cookie line": "Cookie: a=1; sid=VALUE\n",
    "JSON field": '{"api_key":"VALUE"}',
    "JSON field that says little": '{"token":"VALUE"}',
    "JSON in JSON": '{"a":"{\\"api_key\\":\\"VALUE\\"}"}',
    "JSON list": '{"api_keys":["VALUE","VALUE"]}',
    "JSON object": '{"client_secret":{"value":"VALUE"}}',
    "name and value": '{"name":"api_key","value":"VALUE"}',
    "form": "a=1&api_key=VALUE&b=2",
    "multipart": 'Content-Disposition: form-data; name="password"\r\n\r\nVALUE\r\n--zz',
    "XML element": "<password>VALUE</password>",
    "XML attribute": '<add key="ApiKey" value="VALUE"/>',
    "shell": "export API_KEY=VALUE\n",
    "option": "tool --api-key VALUE -v\n",
    "curl": "curl -u user:VALUE https://h.example/\n",
    "YAML": "api_key: VALUE\n",
    "YAML, name and value": "- name: API_KEY\n  value: VALUE\n",
    "code": 'api_key = "VALUE"\n',
    "TOML": "api_key = 'VALUE'\n",
}
# Beyond what is held back of a stream, these are found by their beginnings.
UNBOUNDED = (
    "header line", "scheme", "cookie line", "JSON field", "JSON field that says little",
    "JSON in JSON", "form", "multipart", "shell", "option", "curl", "YAML", "code", "TOML",
)  # fmt: skip


QUOTED = (
    "JSON field", "JSON field that says little", "JSON in JSON", "JSON list", "code", "TOML",
)  # fmt: skip


def planted(form: str, length: int) -> tuple[bytes, bytes]:
    """A text with a value of that length, and what it is masked to."""
    value = (DRAWN * (length // len(DRAWN) + 1))[:length]
    return tuple(FORMS[form].replace("VALUE", v).encode() for v in (value, "*" * length))  # type: ignore[return-value]  # of two


@pytest.mark.parametrize(
    ("form", "length"),
    [
        (form, length)
        for form in QUOTED
        for length in (40, 300, 4090, 4096, 4100, 8000, 12_000, 16_300, 16_500, 40_000)
        if form != "JSON list" or length <= 8192  # items are not looked for beyond 8 KiB
    ],
)
def test_values_that_the_end_cuts_off(form: str, length: int) -> None:
    """A quoted value whose quote does not come any more is masked to the end."""
    before = FORMS[form].partition("VALUE")[0].encode()
    text = before + (DRAWN * (length // len(DRAWN) + 1))[:length].encode()
    for size in (len(text), 700):
        final, _, _ = written(cut(text, list(range(0, len(text), size))), default_search())
        assert final == before + b"*" * length


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [300, 8000])
def test_long_values(form: str, length: int) -> None:
    """Whole, at once and in pieces."""
    text, expected = planted(form, length)
    for size in (len(text), 700):
        final, states, _ = written(cut(text, list(range(0, len(text), size))), default_search())
        assert final == expected
        assert not any(re.search(rb"[A-Za-z0-9]{20,}", state) for state in states)


@pytest.mark.parametrize("form", UNBOUNDED)
def test_longer_values(form: str) -> None:
    """What goes on after what is held back is masked to the end of the value."""
    text, expected = planted(form, 70_000)
    for size in (7000, 40_000):
        final, states, _ = written(cut(text, list(range(0, len(text), size))), default_search())
        assert final == expected
        assert not any(re.search(rb"[A-Za-z0-9]{20,}", state) for state in states)


def test_many_keys_in_a_list() -> None:
    """Each key of a list is found, not the first few."""
    keys = [f"{DRAWN[n:]}{DRAWN[:n]}" for n in range(20)]
    text = json.dumps({"api_keys": keys}).encode()
    assert len(default_search().find(text)) == len(keys)
    for size in (1, 50, 300):
        final, states, _ = written(cut(text, list(range(0, len(text), size))), default_search())
        assert final.count(b"*") == sum(map(len, keys))
        assert not any(key.encode()[:12] in state for state in states for key in keys)


UNITS = (
    "token=", "token:", "api_key=api_key:", "?token=aaaaaa", "api_key=aB3dE6gH9jK1mN4pQ7",
    "X-Api-Key:aB3dE6gH9jK1", '"token":"', "password=\\'", "Cookie: a=aB3dE6gH9;",
    '"api_keys":["aB3dE6gH9jK1",', "&#x61;token=", "\\u{61}secret=", 'name="password"\n\nx',
    "<password>aaaaaa", "--api-key ",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_names_over_and_over(unit: str) -> None:
    """Each name may begin a value that reaches to the end: none is read to its end for each."""
    text = (unit * (40_000 // len(unit))).encode()
    spans = default_search().find(text)
    assert all(first.end <= second.start for first, second in pairwise(spans))


class Counting:
    """An expression that counts the characters that it matches, and its tries."""

    def __init__(self, expression: bytes, counts: Counter[str]) -> None:
        self._regex, self._counts = re.compile(expression), counts

    def match(self, text: bytes, *where: int) -> re.Match[bytes] | None:
        """Match, and count it."""
        found = self._regex.match(text, *where)
        self._counts.update(tries=1, characters=len(found[0]) if found else 0)
        return found

    def finditer(self, text: bytes, start: int, end: int) -> Iterator[re.Match[bytes]]:
        """Search between two places, and count what lies between them."""
        self._counts.update(tries=1, characters=end - start)
        return self._regex.finditer(text, start, end)


@pytest.mark.parametrize("unit", [*UNITS, "token:token:x", "Token: ", "secret:\n- ", "a.key|"])
def test_the_work_grows_with_the_text(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many names more take as many characters more that expressions look at."""
    counts = Counter[str]()
    for module in (assigned, named):
        monkeypatch.setattr(module, "_compiled", lambda text: Counting(text, counts))
    work = []
    for n in (200, 400, 600):
        counts.clear()
        default_search().find((unit * n).encode())
        work.append(counts["characters"] + counts["tries"])
    first, second = work[1] - work[0], work[2] - work[1]
    assert second <= 1.1 * first + 500


@pytest.mark.parametrize(
    ("value", "turns"),
    [
        ("", 0), ("token:token:token", 0), ("aB3dE6gH9jK1", 11), ("aaaa0000BBBB", 2), ("a0a0a0", 5),
        ("ABCD1234efgh", 2), ("Zz9", 1), ("caf\u00e91x2", 2),
        ("ab-CD_12.34", 0), ("ab12-3-CD4E", 3),
        ("HTTP2Server1Key", 4), ("aAbBcC", 3),
    ],
)  # fmt: skip
def test_turns_are_counted(value: str, turns: int) -> None:
    """From a small letter to a capital, and between letters and digits."""
    for least in range(3, 12):
        assert names.drawn(value.encode(), least) == (turns >= least)


@pytest.mark.parametrize(
    ("value", "drawn"),
    [
        ("aBcDeF" + "g" * 11, True), ("aBcDeF" + "g" * 12, False),
        ("aBcDeFgH" + "i" * 31, True), ("aBcDeFgH" + "i" * 32, False),
    ],
)  # fmt: skip
def test_long_values_turn_more_often(value: str, drawn: bool) -> None:
    """Three turns are enough up to 17 characters, then four, then one in eight."""
    assert names.drawn(value.encode()) == drawn
