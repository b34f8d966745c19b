"""Every kind of secret with a shape of its own is found, whole, wherever it stands."""

import base64
import random

import pytest

from streamtape.secrets.kinds import ALPHABETS, KINDS, Kind
from streamtape.secrets.known import WORDS_ALIKE
from streamtape.secrets.scanner import default_search
from tests.tape.planting import example

ROWS = [pytest.param(kind, id=f"{kind.name} {kind.shape}") for kind in KINDS]
# Names of ordinary things end like the prefixes of the others.
JOINED = [
    pytest.param(kind, id=f"{kind.name} {kind.shape}")
    for kind in KINDS
    if kind.literal not in WORDS_ALIKE
]


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
def test_letters_before_a_secret_that_are_no_word(kind: Kind) -> None:
    """What ends a colour of a terminal, and the length before a text in binary formats."""
    secret = example(kind, random.Random(kind.shape)).encode()
    for before in (
        b"\x1b[m", b"\x1b[K", b"\x1b[1m", b"\x1b[32m", b"\x1b[1;31m", b"\x1b[38;5;196m",
        b"\\u001b[32m", b"\x81\xa1k\xd9%c" % ord("0"), b"\x0a%c" % ord("f"), b"\x12%c" % ord("Z"),
    ):  # fmt: skip
        text = before + secret + b"\x1b[0m"
        (span, *more) = default_search().find(text)
        assert (span.start, more) == (text.index(secret), []), before
        assert secret[-8:] in text[: span.end]


@pytest.mark.parametrize("kind", JOINED)
def test_a_secret_in_emphasis_of_markdown(kind: Kind) -> None:
    """`_SECRET_`, `__SECRET__`: signs that keys may have within."""
    secret = example(kind, random.Random(kind.shape)).encode()
    for sign in (b"_", b"__", b"-", b"**"):
        text = b"use %b%b%b for it" % (sign, secret, sign)
        (span,) = default_search().find(text)
        assert span.start == text.index(secret)
        assert secret in text[: span.end]


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


GLUE = (
    "call_", "toolu_01-", "my-", "SESSION_", "a1_b2_", "run-2026-", "user_Key_", "x--", "req_/id_",
)  # fmt: skip


@pytest.mark.parametrize("kind", JOINED)
def test_words_that_run_into_a_secret(kind: Kind) -> None:
    """Behind words that are joined to it, a secret is found to the byte."""
    secret = example(kind, random.Random(kind.shape))
    glue = [*GLUE, *(("req", "Key", "XYZ") if len(kind.literal) >= 4 else ())]
    for before in glue:
        text = f'{{"id":"{before}{secret}"}}'.encode()
        spans = default_search().find(text)
        assert len(spans) == 1, text
        assert text[: spans[0].start].endswith(f'"{before}'.encode()), text
        assert spans[0].end >= text.index(b'"}') - 1


@pytest.mark.parametrize("before", ["call_", "req", "toolu_01-"])
@pytest.mark.parametrize("secret", [
    "sk-proj-" + "aB3dE6gH9j" * 4, "sk-" + "aB3dE6gH9j" * 4, "AKIAQZ3LMN7RSTUV5WXY",
    "xoxb-123456789012-" + "aB3dE6gH9j" * 3, "aB3dE6gH9jK1" * 3 + "mN4pQ7AzSeBaB3dE",
    "0.A" + "aB3dE6gH9j" * 6 + ".Ag" + "aB3dE6gH9j" * 12,
])  # fmt: skip
def test_words_that_run_into_other_keys(before: str, secret: str) -> None:
    """So it is with keys that have patterns of their own; a word may end in `sk-`."""
    found = default_search().find(f"it is {before}{secret}".encode())
    is_word = before == "req" and not secret.startswith(("sk-proj-", "AKIA", "xoxb-"))
    assert [span.start for span in found] == ([] if is_word else [6 + len(before)])


@pytest.mark.parametrize("text", [
    "latest_0123456789abcdef0123456789abcdef012", "cache_key_" + "0123456789abcdef" * 4,
    "favico-0123456789abcdef0123456789abcdef", "task-2026-01-12-A1B2C3-long-name-of-a-task",
    "my-api-01234567-89ab-4cde-8f01-23456789abcd", "week_0123456789abcdef01234567",
    "AbC9dEf_ghp_" + "aB3dE6gH9j" * 3, "aGVsbG8/xghp_" + "aB3dE6gH9j" * 3,
])  # fmt: skip
def test_words_that_end_like_a_prefix(text: str) -> None:
    """Names of ordinary things and encoded data stay."""
    assert default_search().find(text.encode()) == []


@pytest.mark.parametrize(("before", "secret", "after"), [
    ("SENTRY=", "sntrys_eyJpYXQiOjE3/" + "aB3dE6gH9j+/" * 8 + "=_" + "aB3dE6gH9j/" * 4, "\n"),
    ("it is ", "t1.9euelZq" + "aB3dE6gH9j" * 3 + ".Ab-" + "aB3dE6gH9j_" * 7 + "7xY-zz", ", so"),
    ("sc_abc12.4xyz.acc_account-id12.", "ab3de6gh9j" * 4, "\n"),
    ("BUNDLE_ENTERPRISE__CONTRIBSYS__COM=", "0a1b2c3d:4e5f6071", "\n"),
    *((f"Authorization: {scheme} ", "q7Rk2mZx9vBt4cLw8", "\r\n") for scheme in (
        "Api-Token", "ApiKey", "DPoP", "GenieKey", "Zoho-oauthtoken", "OAuth", "Bot", "Key",
    )),
])  # fmt: skip
def test_keys_with_patterns_of_their_own(before: str, secret: str, after: str) -> None:
    """Keys that a prefix alone does not tell, to the byte."""
    text = f"{before}{secret}{after}".encode()
    masked = bytearray(text)
    for start, end, _ in default_search().find(text):
        masked[start:end] = b"*" * (end - start)
    assert bytes(masked) == f"{before}{'*' * len(secret)}{after}".encode()
