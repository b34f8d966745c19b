"""The values that an option chooses from, each list declared once, with its type.

Every room may import this module, which imports nothing from the package.
"""

from __future__ import annotations

from typing import Literal, get_args

RecordMode = Literal["none", "once", "new_episodes", "all", "verify"]
MODES: tuple[RecordMode, ...] = get_args(RecordMode)

Expired = Literal["warn", "fail", "record"]
EXPIRED: tuple[Expired, ...] = get_args(Expired)

Level = Literal["bytes", "frames", "events", "content", "timing"]
LEVELS: tuple[Level, ...] = get_args(Level)

SnapshotLevel = Literal["content", "events", "frames"]
SNAPSHOT_LEVELS: tuple[SnapshotLevel, ...] = get_args(SnapshotLevel)

# The suffixes of other tools' cassettes, which `streamtape convert` reads.
FOREIGN_SUFFIXES = (".yaml", ".yml", ".json", ".toml", ".har", ".sse", ".ndjson", ".jsonl")
