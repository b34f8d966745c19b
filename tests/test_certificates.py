"""Clients of tests trust one authority, which makes them cheap; what installs trusts them all."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import BEFORE, VARIABLE, trust_one, trusting_all


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As before tests began."""
    monkeypatch.delenv(BEFORE)
    monkeypatch.setenv(VARIABLE, "company.pem")
    yield
    if BEFORE in os.environ:
        Path(os.environ[VARIABLE]).unlink()
        del os.environ[BEFORE]


def test_clients_read_one_authority() -> None:
    """Those that are made with defaults, here and in children."""
    trust_one()
    context = ssl.create_default_context(cafile=os.environ[VARIABLE])
    assert context.cert_store_stats()["x509_ca"] == 1


def test_once_for_all_workers() -> None:
    """Children find it named."""
    trust_one()
    name = os.environ[VARIABLE]
    trust_one()
    assert os.environ[VARIABLE] == name


def test_an_index_needs_what_was_named_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the file of a company, or none."""
    trust_one()
    assert trusting_all()[VARIABLE] == "company.pem"
    assert BEFORE not in trusting_all()
    monkeypatch.setenv(BEFORE, "")
    assert VARIABLE not in trusting_all()
