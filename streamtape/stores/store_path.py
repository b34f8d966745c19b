"""A path in a store, with what recordings need of `pathlib.Path`.

    StorePath(store, "runs/monday.tape")          # in a user-defined store

It is shown without credentials (`str`), and its whole URL is what `os.fspath` gives. Where it came
out of a list, it knows the version that it had then, and is read without another question.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self

from streamtape.errors import CassetteNotFoundError, CassetteWriteError, StoreConflictError
from streamtape.stores.failures import calling
from streamtape.stores.urls import without_credentials
from streamtape.stores.watching import watched

if TYPE_CHECKING:
    from streamtape.stores.local import Fetch
    from streamtape.stores.store import Store, StoreEntry

_MEMORY_BYTES = 8 << 20  # a larger file to write is spooled to disk


class StoreStat(NamedTuple):
    """What `stat` gives: bytes, and the time of the last change (Unix time), 0 where not known."""

    st_size: int
    st_mtime: float


class StorePath(os.PathLike[str]):
    """A path in a store: `key` is the whole name there, `name` the last part of it."""

    __slots__ = ("_entry", "key", "store")

    def __init__(self, store: Store, key: str = "", *, entry: StoreEntry | None = None) -> None:
        self.store = store
        self.key = key
        self._entry = entry

    @property
    def url(self) -> str:
        """The URL, with the credentials that it may hold."""
        url_of: Callable[[str], str] | None = getattr(self.store, "url_of", None)
        if url_of is not None:
            return url_of(self.key)
        base = getattr(self.store, "url", None) or type(self.store).__name__
        return f"{base.rstrip('/')}/{self.key}"

    def __fspath__(self) -> str:
        return self.url

    def __str__(self) -> str:
        return without_credentials(self.url)

    def __repr__(self) -> str:
        return f"StorePath({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StorePath) and self.url == other.url

    def __hash__(self) -> int:
        return hash(self.url)

    def __lt__(self, other: StorePath) -> bool:
        return self.url < other.url

    def __reduce__(self) -> tuple[Callable[..., StorePath], tuple[Any, ...]]:
        return _path, (type(self), self.store, self.key, self._entry)

    @property
    def name(self) -> str:
        """The last part of the name."""
        return self.key.rpartition("/")[2] or PurePosixPath(self.url).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> Self:
        return type(self)(self.store, self.key.rpartition("/")[0])

    def __truediv__(self, name: str | os.PathLike[str]) -> Self:
        base, more = self.key, str(PurePosixPath(os.fspath(name)))
        return type(self)(self.store, more if not base else f"{base.rstrip('/')}/{more}")

    def with_name(self, name: str) -> Self:
        folder, slash, _ = self.key.rpartition("/")
        return type(self)(self.store, f"{folder}{slash}{name}")

    def with_suffix(self, suffix: str) -> Self:
        return self.with_name(self.stem + suffix)

    def relative_to(self, folder: StorePath) -> PurePosixPath:
        """The part of the name below a folder of the same store."""
        return PurePosixPath(self.key).relative_to(folder.key)

    def absolute(self) -> Self:
        return self

    def resolve(self) -> Self:
        return self

    @property
    def listed(self) -> StoreEntry | None:
        """The entry that a list gave it, where it came out of one."""
        return self._entry

    def entry(self) -> StoreEntry:
        """What the store knows of it; CassetteNotFoundError where there is nothing."""
        if self._entry is not None:
            return self._entry
        found = self.current()
        if found is None:
            raise self.not_found()
        return found

    def current(self) -> StoreEntry | None:
        """What the store has under this name now; None where there is nothing."""
        with calling(self, "read"):
            try:
                return self.store.stat(self.key)
            except FileNotFoundError:
                return None

    def stat(self) -> StoreStat:
        found = self.entry()
        return StoreStat(found.n_bytes or 0, (found.modified_at_us or 0) / 1e6)

    def is_file(self) -> bool:
        return self._entry is not None or self.current() is not None

    def exists(self) -> bool:
        return self.is_file() or self.is_dir()

    def is_dir(self) -> bool:
        """Whether there is anything below this name."""
        if self._entry is not None or self.suffix == ".tape":
            return False
        with calling(self, "list"):
            is_folder = getattr(self.store, "is_folder", None)
            if is_folder is not None:
                return bool(is_folder(self.key))
            return next(iter(self.store.list(self.key)), None) is not None

    def rglob(self, pattern: str) -> Iterator[Self]:
        """The paths below this one whose last part fits a pattern, sorted, each with its entry."""
        with calling(self, "list"):
            found = [
                entry
                for entry in watched(self.store.list, self.key, str(self))
                if fnmatchcase(entry.name.rpartition("/")[2], pattern)
            ]
        # Part by part, as if names were split: nothing sorts before what ends a part here.
        found.sort(key=lambda entry: entry.name.replace("/", "\0"), reverse=True)
        return self._each(found)

    def _each(self, entries: list[StoreEntry]) -> Iterator[Self]:
        """The paths of entries, from the last one; the list is emptied, for it may be long."""
        while entries:
            entry = entries.pop()
            yield type(self)(self.store, entry.name, entry=entry)

    def open(self) -> tuple[Fetch, str]:
        """What reads the bytes at places, and their version; CassetteNotFoundError without any."""
        from streamtape.stores.cache import opened

        with calling(self, "read"):
            try:
                direct = getattr(self.store, "open_member", None)
                if direct is not None:
                    found: tuple[Fetch, str] = direct(self)
                    return found
                return opened(self.store, self.url, self.entry(), self.key)
            except CassetteNotFoundError:
                raise
            except FileNotFoundError as error:
                raise self.not_found() from error

    def read_bytes(self) -> bytes:
        """All of the bytes."""
        fetch, _ = self.open()
        pieces, at = [], 0
        while piece := fetch(at, 1 << 20):
            pieces.append(piece)
            at += len(piece)
        return b"".join(pieces)

    def check_writable(self) -> None:
        """UsageError or CassetteWriteError where nothing can ever be written here."""
        check = getattr(self.store, "check_writable", None)
        with calling(self, "write"):
            if check is not None:
                check(self.key)
            if reason := self._no_bucket():
                raise CassetteWriteError(f"cannot write {str(self)!r}: {reason}", path=str(self))

    def replace_with(self, pieces: Iterable[bytes]) -> str:
        """Put pieces of bytes in the place of what the store has now; gives the version.

        StoreConflictError where another writer comes in between.
        """
        found = self.current()
        return self.put(pieces, replaces=None if found is None else found.version)

    def put(self, pieces: Iterable[bytes], *, replaces: str | None) -> str:
        """Put pieces in the place of one version (None: of nothing), by way of a file here."""
        with SpooledTemporaryFile(_MEMORY_BYTES, prefix="streamtape-") as file:
            try:
                file.writelines(pieces)
            except OSError as error:
                raise CassetteWriteError(
                    f"cannot write {str(self)!r}: no room for it on this machine: {error.strerror}",
                    path=str(self),
                ) from error
            file.seek(0)
            return self.write(file, replaces=replaces)  # type: ignore[arg-type]  # it is a BinaryIO

    def write(self, data: BinaryIO, *, replaces: str | None) -> str:
        """Put the bytes of an open file here, whole or not at all; gives their version.

        StoreConflictError where there is another version than `replaces` (None: nothing).
        """
        from streamtape.stores.cache import keep

        with calling(self, "write"):
            try:
                version = self.store.write(self.key, data, replaces=replaces)
            except FileNotFoundError as error:
                message = f"cannot write {str(self)!r}: {self._no_bucket() or error}"
                raise CassetteWriteError(message, path=str(self)) from error
        data.seek(0)
        keep(self.url, version, data)
        return version

    def remove(self, version: str | None = None) -> bool:
        """Remove what is here, where a version is given that one alone; False if the store can't.

        StoreConflictError where something else is here; what has gone already is no error.
        """
        remove = getattr(self.store, "remove", None)
        conditional = getattr(self.store, "remove_version", None)
        with calling(self, "remove"):
            if version is not None and conditional is not None:
                conditional(self.key, version)
                return True
            if remove is None:
                return False
            if version is not None:
                found = self.store.stat(self.key)
                if found is None:
                    return True
                if found.version != version:
                    message = (
                        f"{str(self)!r} was changed by another writer meanwhile, and is left "
                        "unchanged"
                    )
                    raise StoreConflictError(message)
            remove(self.key)
        return True

    def ranges(self) -> Fetch:
        """What reads the bytes at places, each from the store where that can read a part of a name.

        Otherwise all of it is taken into the cache when the first of them is read.
        """
        direct = getattr(self.store, "read_range", None)
        if direct is None:
            return self.open()[0]

        def fetch(offset: int, n: int) -> bytes:
            with calling(self, "read"):
                found: bytes = direct(self.key, offset, n)
                return found

        return fetch

    def not_found(self) -> CassetteNotFoundError:
        """The error that says that there is nothing here."""
        return CassetteNotFoundError(
            self._no_bucket() or f"there is nothing at {str(self)!r}", path=str(self)
        )

    def _no_bucket(self) -> str:
        """Say that the bucket is missing, where it is that."""
        missing = getattr(self.store, "missing_bucket", None)
        if missing is None:
            return ""
        with calling(self, "read"):
            bucket = missing(self.key)
        return f"there is no bucket {bucket!r} for {str(self)!r}" if bucket else ""


def _path(kind: type[StorePath], store: Store, key: str, entry: StoreEntry | None) -> StorePath:
    return kind(store, key, entry=entry)
