"""fsspec's file systems as a Store: S3, Google Cloud, Azure, HTTP, SFTP, memory and many more.

Credentials are fsspec's business: environment variables, its configuration, files of the cloud's
own tools. Nothing of them is read, kept or written here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO
from uuid import uuid4

from streamtape.errors import StoreConflictError, StoreError, UsageError
from streamtape.extras import install_command
from streamtape.stores.failures import calling
from streamtape.stores.store import StoreEntry
from streamtape.stores.store_path import StorePath
from streamtape.stores.urls import without_credentials

PIECE_BYTES = 8 << 20
# What backends call a name's version, the surest first.
_VERSIONS = (
    "generation", "ETag", "etag", "e_tag", "md5Hash", "checksum", "sha256", "Content-MD5", "Digest",
    "Last-Modified", "mtime", "LastModified", "last_modified", "updated", "modified", "created",
)  # fmt: skip
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
# Stores whose put is atomic; in others a file is written beside its place and moved.
_ATOMIC = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "memory"}
)
# Stores that accept a condition on writing an object, and the module that passes it to them.
_CONDITIONAL = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "azure"),
}
_BUCKETS = _ATOMIC - {"memory"}
_READ_ONLY = frozenset({"http", "https", "zip", "github", "git", "data", "libarchive", "reference"})
_writing = threading.Lock()


def path_of_url(url: str) -> StorePath:
    """The path that a URL means to fsspec; UsageError where a library that it needs is missing."""
    scheme, _, rest = url.partition("://")
    first, mark, chain = rest.partition("::")
    store = _store(f"{scheme}://{first.partition('/')[0]}", mark + chain)
    return StorePath(store, store.key_of(url))


@lru_cache(maxsize=64)
def _store(origin: str, chain: str) -> FsspecStore:
    return FsspecStore(origin, chain)


class FsspecStore:
    """One file system of fsspec: of an origin (scheme, and host or bucket), and what is below it.

    `chain` is the rest of a URL such as `zip://x.tape::s3://bucket/y.zip`, with its `::`.
    """

    def __init__(self, origin: str, chain: str) -> None:
        self.scheme = origin.partition("://")[0]
        self._origin = origin
        self._chain = chain
        self._fs, path = _file_system(origin + chain)
        self._prefix = self._key(path)  # the part of the origin that every name begins with

    def __reduce__(self) -> tuple[Any, ...]:
        return _store, (self._origin, self._chain)

    def key_of(self, url: str) -> str:
        """The name of a URL in this store."""
        return self._key(_file_system(url)[1])

    def url_of(self, key: str) -> str:
        """The URL of a name."""
        if self._is_http:
            return key
        if not self._prefix or f"{key}/".startswith(f"{self._prefix}/"):
            rest = key[len(self._prefix) :].strip("/")
            return f"{self._origin}{rest and '/'}{rest}{self._chain}"
        return f"{self.scheme}://{key}{self._chain}"

    @property
    def _is_http(self) -> bool:
        return self.scheme in {"http", "https"}

    def stat(self, name: str) -> StoreEntry | None:
        try:
            info = self._fs.info(self._path(name))
        except FileNotFoundError as error:
            if (reason := _other_reason(error)) is not None:
                raise reason from error
            return None
        return _entry(info, name) if info.get("type") != "directory" else None

    def is_folder(self, name: str) -> bool:
        """Whether there is anything below a name."""
        return bool(self._fs.isdir(self._path(name)))

    def missing_bucket(self, name: str) -> str:
        """The name of the bucket where that is missing, else ""."""
        bucket = name.partition("/")[0]
        if self.scheme not in _BUCKETS or not bucket:
            return ""
        return "" if self._fs.exists(bucket) else bucket

    def read(self, name: str) -> Iterator[bytes]:
        return self.read_sized(name, None)

    def read_sized(self, name: str, size: int | None) -> Iterator[bytes]:
        """Read an object whose size is known already, which saves a request."""
        if size is None:
            size = self._fs.info(self._path(name)).get("size")
        if size is not None and size <= PIECE_BYTES:
            yield self._fs.cat_file(self._path(name))
            return
        with self._fs.open(self._path(name), "rb", block_size=PIECE_BYTES) as file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    def read_range(self, name: str, offset: int, n_bytes: int) -> bytes:
        """Some bytes of a name, from an offset on; they must be there."""
        found: bytes = self._fs.cat_file(self._path(name), start=offset, end=offset + n_bytes)
        if len(found) > n_bytes:  # a server of HTTP that knows no ranges
            return found[offset : offset + n_bytes]
        return found

    def remove(self, name: str) -> None:
        """Remove a name."""
        self.check_writable(name)
        self._fs.rm_file(self._path(name))

    def remove_version(self, name: str, version: str) -> None:
        """Remove a name that still has this version; StoreConflictError where it has another."""
        self.check_writable(name)
        if self.stat(name) is None:
            return
        self._check(name, version)  # even if a server ignores the condition
        if (conditional := self._conditional()) is not None:
            conditional.remove(self._fs, self._path(name), version)
        else:
            self._fs.rm_file(self._path(name))

    def list(self, folder: str) -> Iterable[StoreEntry]:
        if _CONDITIONAL.get(self.scheme) == "s3":  # whose lists fsspec keeps until they are whole
            from streamtape.stores.s3 import listed

            yield from (_entry(info, key) for key, info in listed(self._fs, self._path(folder)))
            return
        found: dict[str, Any] = self._fs.find(self._path(folder), detail=True)
        while found:
            path, info = found.popitem()
            yield _entry(info, self._key(path))

    def check_writable(self, name: str) -> None:
        """UsageError where a file system can only be read."""
        if self.scheme in _READ_ONLY:
            raise UsageError(
                f"cannot write {self._shown(name)!r}: {self.scheme}:// can only be read; record to "
                "a file or another store"
            )

    def write(self, name: str, data: BinaryIO, *, replaces: str | None) -> str:
        self.check_writable(name)
        if (conditional := self._conditional()) is not None:
            version: str = conditional.put(self._fs, self._path(name), data, replaces)
            return version
        with _writing:  # a second thread of this process; other processes see the version
            self._check(name, replaces)
            self._put(name, data, create=replaces is None)
            found = self.stat(name)
        return "" if found is None else found.version

    def _conditional(self) -> Any:
        """What puts and removes on conditions that the store itself looks at; None for others."""
        found = _CONDITIONAL.get(self.scheme)
        if found == "s3":
            from streamtape.stores import s3

            return s3
        if found == "gcs":
            from streamtape.stores import gcs

            return gcs
        if found == "azure":
            from streamtape.stores import azure

            return azure
        return None

    def _check(self, name: str, replaces: str | None) -> None:
        found = self.stat(name)
        if (None if found is None else found.version) != replaces:
            raise self._conflict(name)

    def _conflict(self, name: str) -> StoreConflictError:
        message = (
            f"{self._shown(name)!r} was changed by another writer meanwhile, and is left unchanged"
        )
        return StoreConflictError(message)

    def _shown(self, name: str) -> str:
        return without_credentials(self.url_of(name))

    def _put(self, name: str, data: BinaryIO, *, create: bool) -> None:
        path = self._path(name)
        if self.scheme in _ATOMIC:
            mode = {"mode": "create"} if create else {}
            try:
                self._fs.pipe_file(path, data.read(), **mode)
            except FileExistsError as error:
                raise self._conflict(name) from error
            return
        new = f"{path}.{uuid4().hex[:8]}.new"
        try:
            self._fs.makedirs(self._fs._parent(path), exist_ok=True)
            with self._fs.open(new, "wb") as file:
                while piece := data.read(PIECE_BYTES):
                    file.write(piece)
            self._fs.mv(new, path)
        except BaseException:
            if self._fs.exists(new):
                self._fs.rm_file(new)
            raise

    def _path(self, name: str) -> str:
        return f"/{name}" if self._fs.root_marker == "/" else name

    def _key(self, path: str) -> str:
        return path if self._is_http else path.strip("/")


def _other_reason(error: FileNotFoundError) -> Exception | None:
    """What is behind an error that seems to say that there is nothing: HTTP's always say so."""
    cause = error.__cause__
    if not type(cause).__module__.startswith("aiohttp") or not isinstance(cause, Exception):
        return None
    status = getattr(cause, "status", 0)
    if status in {401, 403}:
        return PermissionError(f"HTTP status {status}")
    return None if status in {404, 410} else cause


def _entry(info: dict[str, Any], name: str) -> StoreEntry:
    size = info.get("size")
    found = next((info[key] for key in _VERSIONS if info.get(key)), None)
    version = "" if found is None else f"{found}-{size}".replace('"', "")
    times = (info[key] for key in _TIMES if isinstance(info.get(key), datetime))
    modified = next(times, None)
    return StoreEntry(name, version, size, modified and int(modified.timestamp() * 1e6))


def _file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    scheme = url.partition("://")[0]
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"{scheme}:// needs fsspec: {install_command(extra='stores')}") from None
    try:
        with calling(url, "open"):
            found: tuple[Any, str] = fsspec.core.url_to_fs(url, use_listings_cache=False)
            return found
    except StoreError as error:
        missing = error.__cause__
        if isinstance(missing, ImportError):
            raise UsageError(f"{scheme}:// needs another library: {missing}") from None
        if isinstance(missing, ValueError) and "Protocol not known" in str(missing):
            raise UsageError(
                f"unknown scheme {scheme!r} in {without_credentials(url)!r}: neither fsspec nor "
                "streamtape.register_store knows it"
            ) from None
        raise
