"""Tars for tests, made header by header, so that they can be wrong."""

import io
import tarfile
from collections.abc import Iterable


def member(
    name: str, data: bytes = b"", *, kind: bytes = b"0", size: int | None = None, link: str = ""
) -> bytes:
    """One header and its data; `size` where the header lies about it."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    info.size = len(data) if size is None else size
    header = info.tobuf(tarfile.GNU_FORMAT)
    return header + data + bytes(-len(data) % 512)


def pax(key: str, value: str) -> bytes:
    """A pax header with one record."""
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 2 if len(rest) < 98 else len(rest) + 3
    return member("pax", str(length).encode() + rest, kind=b"x")


def tar(*members: bytes) -> bytes:
    """A whole tar of such members."""
    return b"".join(members) + bytes(1024)


def packed(files: Iterable[tuple[str, bytes]], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar as Python writes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()
