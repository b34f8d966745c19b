"""Google Cloud Storage's conditional put: ifGenerationMatch, 0 for a new name."""

from __future__ import annotations

import json
from typing import Any, BinaryIO
from urllib.parse import quote

from streamtape.errors import StoreConflictError

_BOUNDARY = "==streamtape=="


def put(fs: Any, path: str, data: BinaryIO, replaces: str | None) -> str:
    """Put an object where its generation is still that of `replaces`; gives the new version.

    It is one request, which gcsfs makes without a condition but for new names:
    https://cloud.google.com/storage/docs/request-preconditions
    """
    bucket, key, _ = fs.split_path(path)
    generation = "0" if replaces is None else replaces.rpartition("-")[0]
    kind = "Content-Type: application/octet-stream"
    head = "Content-Type: application/json; charset=UTF-8"
    parts = (
        f"--{_BOUNDARY}\r\n{head}\r\n\r\n{json.dumps({'name': key})}\r\n".encode(),
        f"--{_BOUNDARY}\r\n{kind}\r\n\r\n".encode(),
        data.read(),
        f"\r\n--{_BOUNDARY}--".encode(),
    )
    try:
        done = fs.call(
            "POST",
            f"{fs._location}/upload/storage/v1/b/{quote(bucket)}/o",
            uploadType="multipart",
            headers={"Content-Type": f'multipart/related; boundary="{_BOUNDARY}"'},
            data=b"".join(parts),
            json_out=True,
            ifGenerationMatch=generation,
        )
    except FileExistsError as error:
        raise _conflict(path) from error
    except FileNotFoundError as error:
        if replaces is not None and "bucket" not in str(error).lower():
            raise _conflict(path) from error  # the object to replace is gone
        raise
    return f"{done['generation']}-{done['size']}"


def remove(fs: Any, path: str, version: str) -> None:
    """Remove an object whose generation is still that of a version."""
    bucket, key, _ = fs.split_path(path)
    generation = version.rpartition("-")[0]
    try:
        fs.call("DELETE", "b/{}/o/{}", bucket, key, ifGenerationMatch=generation)
    except FileExistsError as error:
        raise _conflict(path) from error


def _conflict(path: str) -> StoreConflictError:
    message = f"'gs://{path}' was changed by another writer meanwhile, and is left unchanged"
    return StoreConflictError(message)
