"""Azure's conditional put: If-None-Match for a new name, If-Match for one that is replaced."""

from __future__ import annotations

from typing import Any, BinaryIO

from streamtape.errors import StoreConflictError


def put(fs: Any, path: str, data: BinaryIO, replaces: str | None) -> str:
    """Put a blob where its ETag is still that of `replaces`; gives the new version."""
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

    whole = data.read()
    condition: dict[str, Any] = {"mode": "create"}
    if replaces is not None:
        etag = f'"{replaces.rpartition("-")[0]}"'
        condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    try:
        done = fs.pipe_file(path, whole, **condition)
    except (FileExistsError, ResourceModifiedError) as error:
        raise _conflict(path) from error
    except ResourceNotFoundError as error:
        if getattr(error, "error_code", "") == "BlobNotFound":  # the blob to replace is gone
            raise _conflict(path) from error
        raise FileNotFoundError(path) from error
    return f"{done['etag']}-{len(whole)}".replace('"', "")


def remove(fs: Any, path: str, version: str) -> None:
    """Remove a blob whose ETag is still that of a version; adlfs itself knows no condition."""
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError
    from fsspec.asyn import sync

    container, name, _ = fs.split_path(path)

    async def delete() -> None:
        async with fs.service_client.get_blob_client(container, name) as blob:
            await blob.delete_blob(
                etag=f'"{version.rpartition("-")[0]}"',
                match_condition=MatchConditions.IfNotModified,
            )

    try:
        sync(fs.loop, delete)
    except ResourceModifiedError as error:
        raise _conflict(path) from error


def _conflict(path: str) -> StoreConflictError:
    message = f"'az://{path}' was changed by another writer meanwhile, and is left unchanged"
    return StoreConflictError(message)
