"""Every kind of secret with a shape of its own is found, whole, wherever it stands."""

import base64
import random

import pytest

from streamtape.secrets.kinds import ALPHABETS, KINDS, Kind
from streamtape.secrets.scanner import default_search
from tests.tape.planting import example

ROWS = [pytest.param(kind, id=f"{kind.name} {kind.shape}") for kind in KINDS]


@pytest.mark.parametrize("kind", ROWS)
def test_an_example_of_each_kind(kind: Kind) -> None:
    """A made-up secret is found to the byte: alone, in JSON, in a URL, in a sentence, escaped."""
    secret = example(kind, random.Random(kind.shape))
    for before, after in (
        ("", ""), ('{"a":"', '"}'), ("https://h.example/", "/x"), ("it is ", ", so"),
        ("\\n", "\\n"),
        ("%20", "%20"), ("key: ", "\n"), ("(", ")"), ("x=", "&y=1"), ("x ", "."),
    ):  # fmt: skip
        text = f"{before}{secret}{after}".encode()
        masked = bytearray(text)
        for start, end, _ in default_search().find(text):
            masked[start:end] = b"*" * (end - start)
        assert secret[-8:].encode() not in masked, text
        assert secret[8:20].encode() not in masked, text
        assert bytes(masked).startswith(before.encode())


@pytest.mark.parametrize("kind", ROWS)
def test_a_longer_word_that_begins_alike_is_none(kind: Kind) -> None:
    """What only begins like a secret stays: the prefix alone, and within a word."""
    for text in (kind.literal, f"{kind.literal} is a prefix", f"a{kind.literal}b"):
        assert not default_search().find(text.encode())


def test_rows_are_well_formed() -> None:
    """Rows name their sources and known alphabets, no shape is listed twice."""
    assert len({kind.shape for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert set(kind.sources) <= set("gtdi")
        assert len(kind.literal) >= 2
    assert {size for size in ALPHABETS if len(size) != 1} == set()


@pytest.mark.parametrize("seed", range(4))
def test_encoded_bytes_hold_no_secret(seed: int) -> None:
    """Base64 in both alphabets and hex are no secret, however long: prefixes come up by chance."""
    rng = random.Random(seed)
    data = rng.randbytes(1_500_000)
    for text in (base64.b64encode(data), base64.urlsafe_b64encode(data), data.hex().encode()):
        found = default_search().find(text)
        assert [text[start - 2 : end] for start, end, _ in found] == []


def test_a_prefix_within_encoded_bytes_is_none() -> None:
    """`r8_` and its like after a sign of base64url belong to it."""
    rng = random.Random(5)
    short = [kind for kind in KINDS if len(kind.literal) <= 4]
    assert short
    for kind in short:
        secret = example(kind, rng)
        for before in ("AbC9-", "AbC9_", "AbC9"):
            found = default_search().find(f"{before}{secret}".encode())
            assert [span for span in found if span.kind == kind.name] == [], kind
