"""Conversion of other tools' formats to a Cassette, and back. Bytes in, values out; no disk.

Each format has a module; `formats` has the table of them. Nothing is made up: times that a document
lacks are None, and `cuts_known` is False. A document that can't be read is a ConvertError.
"""

from streamtape.convert.about import About
from streamtape.convert.formats import FORMATS, Format, detect, read, write

__all__ = ["FORMATS", "About", "Format", "detect", "read", "write"]
