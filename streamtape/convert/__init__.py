"""Foreign documents -> a Cassette, and back. Bytes in, values out; no disk.

Each format has a module; `formats` has the table of them. What a document does not say is not made
up: times are None, `cuts_known` is False. A document that can't be read is a ConvertError.
"""

from streamtape.convert.about import About
from streamtape.convert.formats import FORMATS, Format, detect, read, write

__all__ = ["FORMATS", "About", "Format", "detect", "read", "write"]
