"""An extension for syrupy: `assert events == snapshot.use_extension(StreamExtension)`.

Syrupy keeps and manages the files; the text in them is ours.
"""

from __future__ import annotations

from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from streamtape.snapshots import snapshot


class StreamExtension(SingleFileSnapshotExtension):  # type: ignore[misc]  # syrupy is optional
    """Keeps the canonical text of a stream, one file a snapshot."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    def serialize(self, data: Any, **_: Any) -> str:
        """The text of a session, cassette, interaction, transcript or events."""
        return snapshot(data)
