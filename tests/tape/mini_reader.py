"""A second reader of cassettes, written from FORMAT.md alone: zstandard, msgpack and hashlib."""

import hashlib
import io
import struct
from typing import Any

import msgpack
import zstandard


def column(planes: bytes) -> list[int]:
    """Read a column: byte planes, lowest first."""
    n = len(planes) // 8
    return [sum(planes[k * n + j] << 8 * k for k in range(8)) for j in range(n)]


def times(planes: bytes) -> list[int]:
    """Read a column of times: differences modulo 2**64, signed."""
    total, out = 0, []
    for delta in column(planes):
        total = (total + delta) % 2**64
        out.append(total - 2**64 if total >= 2**63 else total)
    return out


def read(data: bytes) -> list[dict[str, Any]]:
    """The interactions of a cassette as plain dicts."""
    assert struct.unpack("<II", data[:8]) == (0x184D2A50, 16)
    assert data[8:22] == b"STREAMTAPE\r\n\x1a\n"
    (version,) = struct.unpack("<H", data[22:24])
    assert version in {1, 2}
    assert struct.unpack("<II", data[-40:-32]) == (0x184D2A5E, 32)
    assert hashlib.sha256(data[:-32]).digest() == data[-32:]
    stream = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True)
    interactions: list[dict[str, Any]] = []
    counts = None
    for kind, fields in msgpack.Unpacker(io.BytesIO(stream.read()), strict_map_key=False):
        if kind == "close":
            counts = fields
            continue
        if kind == "request":
            assert fields["i"] == len(interactions)
            interactions.append({"request": fields, "runs": [], "redactions": []})
        one = interactions[fields["i"]]
        if kind in {"chunks", "messages"}:
            assert kind == "chunks" or version == 2
            one["runs"].append(dict(fields))
        elif kind == "redaction":
            one["redactions"].append(fields)
        elif kind == "more" and one["runs"]:
            one["runs"][-1]["data"] += fields["data"]
        elif kind == "more":
            one["request"]["body"] += fields["data"]
        elif kind != "request":
            one[kind] = fields
    for one in interactions:
        one["chunks"], one["messages"] = [], []
        for run in one["runs"]:
            rows = split(run)
            if "kinds" in run:
                assert len(run["kinds"]) == len(rows)
                kinds = zip(rows, run["kinds"], strict=True)
                one["messages"] += [(at_us, kind, piece) for (at_us, piece), kind in kinds]
            else:
                one["chunks"] += rows
    n_messages = sum(len(one["messages"]) for one in interactions)
    assert counts == {
        "interactions": len(interactions),
        "chunks": sum(len(one["chunks"]) for one in interactions),
        **({"messages": n_messages} if n_messages else {}),
        "bytes": sum(
            len(row[-1]) for one in interactions for row in (*one["chunks"], *one["messages"])
        ),
    }
    return interactions


def split(run: dict[str, Any]) -> list[tuple[int | None, bytes]]:
    """The rows of a run: the time of each, and its bytes."""
    rows: list[tuple[int | None, bytes]] = []
    at = 0
    for size, at_us in zip(
        column(run["sizes"]),
        times(run["at_us"]) if "at_us" in run else [None] * (len(run["sizes"]) // 8),
        strict=True,
    ):
        rows.append((at_us, run["data"][at : at + size]))
        at += size
    assert at == len(run["data"])
    return rows
