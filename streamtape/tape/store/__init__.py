"""The one place of `tape` that touches the disk: names, atomic replacement, locks, journals."""

from streamtape.tape.store.files import Recovery, load, load_journal, recover, save
from streamtape.tape.store.recording import TapeFile

__all__ = ["Recovery", "TapeFile", "load", "load_journal", "recover", "save"]
