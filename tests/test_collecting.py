"""The collector of cycles, while recordings are judged."""

import gc

import pytest

import streamtape
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Cassette


def test_it_is_paused_and_goes_on() -> None:
    """Also where blocks are nested, and where one fails."""
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), collector_paused():
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled()


def test_who_has_it_off_keeps_it_off() -> None:
    """It is left as it was found."""
    gc.disable()
    try:
        assert streamtape.diff(Cassette(), Cassette()).same
        assert streamtape.check(Cassette()) == []
        assert not gc.isenabled()
    finally:
        gc.enable()
