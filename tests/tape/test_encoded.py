"""Secrets within base64 are found, whatever stands before them there."""

import base64
import json
import random

import pytest

from streamtape.secrets.kinds import KINDS, Kind
from streamtape.secrets.scanner import default_search
from tests.tape.planting import B62, example, of
from tests.tape.test_masking import written

LONG = [kind for kind in KINDS if len(kind.literal) >= 3]


@pytest.mark.parametrize("kind", LONG, ids=lambda kind: f"{kind.name} {kind.shape}")
def test_each_kind_in_base64(kind: Kind) -> None:
    """At each of the three ways to begin, in both alphabets; the rest stays."""
    secret = example(kind, random.Random(kind.shape))
    for before in ("", " ", "  ", '{"a": "', "x" * 400 + " "):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(f"{before}{secret} and so on".encode()).decode()
            body = json.dumps({"data": text}).encode()
            final, _, _ = written([body], default_search())
            shown = json.loads(final)["data"]
            assert shown.count("*") >= len(secret)
            plain = base64.b64decode(shown.replace("*", "A"), b"-_" if "-" in text else None)
            assert secret[:8].encode() not in plain
            assert plain.endswith(b"d so on")


def mark_of(n_before: int) -> bytes:
    """What a key's beginning is after so many letters, in base64: by it the key is found."""
    return base64.b64encode(f"{' ' * (n_before % 3)}sk-".encode())


def is_whole(n_before: int, width: int) -> bool:
    """Whether the mark stands in one line; one that is broken is not found."""
    at = (n_before + 1) * 4 // 3
    return at // width == (at + len(mark_of(n_before))) // width


PLACES = [(n, width) for n in (0, 7, 20, 41) for width in (60, 64, 76) if is_whole(n, width)]
ENDS = {"LF": b"\n", "CR LF": b"\r\n", "escaped": b"\\n", "both escaped": b"\\r\\n"}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("n_before", "width"), PLACES)
def test_base64_in_lines(end: str, width: int, n_before: int) -> None:
    """As in e-mail, and as GitHub gives the contents of files: a key goes on over line ends."""
    secret = "sk-proj-" + of(random.Random(n_before), B62, 120)
    plain = "x" * n_before + f" {secret} " + "y" * 90
    whole = base64.b64encode(plain.encode())
    at = (n_before + 1) * 4 // 3
    lines = [whole[n : n + width] for n in range(0, len(whole), width)]
    body = b'{"a":1}\n"' + ENDS[end].join(lines) + b'"\n'
    for size in (len(body), 1, 50, 97):
        chunks = [body[n : n + size] for n in range(0, len(body), size)]
        final, states, _ = written(chunks, default_search())
        first, last = final.index(b"*"), final.rindex(b"*") + 1
        assert final == body[:first] + b"*" * (last - first) + body[last:]
        assert len(body[9:first].replace(ENDS[end], b"")) in range(at - 3, at + 4)
        assert len(body[last:-2].replace(ENDS[end], b"")) in range(116, 126)
        kept = base64.b64encode(secret[20:110].encode())[4:-8]
        assert not any(kept[:12] in state.replace(ENDS[end], b"") for state in states)


def test_values_beside_names_in_base64() -> None:
    """A JSON document, encoded: its fields are looked at, too."""
    secret = of(random.Random(1), B62, 24)
    for name in ("api_key", "password", "client_secret"):
        text = base64.b64encode(json.dumps({"id": 1, name: secret}).encode())
        final, _, _ = written([b"x " + text[:20], text[20:] + b" y"], default_search())
        assert b"****" * 7 in final
        assert final.startswith(b"x eyJ")


def test_long_runs_are_decoded_once() -> None:
    """A text full of beginnings costs no more for each."""
    text = base64.b64encode(b"sk-ant- " * 40_000)
    assert default_search().find(text) == []
    secret = b"xai-" + of(random.Random(2), B62, 80).encode()
    planted = base64.b64encode(b"sk-ant- " * 9_000 + secret + b" sk-ant-" * 9_000)
    found = default_search().find(planted)
    assert [span.kind for span in found] == ["xai"]


def test_a_long_secret_in_base64_is_masked_to_its_end() -> None:
    """Longer than what is decoded at first."""
    secret = "github_pat_" + of(random.Random(3), B62, 1500)
    text = base64.b64encode(secret.encode() + b" end")
    (span,) = default_search().find(text)
    assert span.start == 0
    assert span.end >= len(secret) * 4 // 3


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\\n", "\\r\\n", "\\\\n"])
def test_a_private_key_in_base64_is_masked_to_its_end(newline: str) -> None:
    """Also where a line of it ends exactly where what is decoded at first does."""
    rng = random.Random(4)
    lines = [of(rng, B62, 64) for _ in range(16)]
    key = newline.join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])
    for n_before in range(70):
        text = bytearray(base64.b64encode(f"{'x' * n_before} {key}{newline}end".encode()))
        for start, end, _ in default_search().find(bytes(text)):
            text[start:end] = b"A" * (end - start)
        plain = base64.b64decode(text).decode("latin-1")
        assert not [line for line in lines if line[8:] in plain], n_before
        assert plain.endswith("end")
