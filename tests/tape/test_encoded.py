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
