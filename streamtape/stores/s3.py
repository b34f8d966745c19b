"""S3's conditional put: If-None-Match for a new name, If-Match for one that is replaced."""

from __future__ import annotations

from typing import Any, BinaryIO

from streamtape.errors import StoreConflictError

PART_BYTES = 32 << 20  # beyond this in parts, which become one object with the last request
_CONFLICTS = (
    "PreconditionFailed",
    "ConditionalRequestConflict",
    "At least one of the pre-conditions",
)


def put(fs: Any, path: str, data: BinaryIO, replaces: str | None) -> str:
    """Put an object where its version is still `replaces`; gives the new version."""
    bucket, key, _ = fs.split_path(path)
    size = data.seek(0, 2)
    data.seek(0)
    etag = None if replaces is None else replaces.rpartition("-")[0]
    condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
    where = {"Bucket": bucket, "Key": key}
    try:
        if size <= PART_BYTES:
            done = fs.call_s3("put_object", **where, Body=data.read(), **condition)
        else:
            done = _in_parts(fs, where, data, condition)
    except Exception as error:
        if _is_conflict(error, replaced=replaces is not None):
            raise StoreConflictError(
                f"'s3://{path}' was written by another one meanwhile, and stays so"
            ) from error
        raise
    return f"{done['ETag']}-{size}".replace('"', "")


def _in_parts(
    fs: Any, where: dict[str, str], data: BinaryIO, condition: dict[str, str]
) -> dict[str, Any]:
    upload = {**where, "UploadId": fs.call_s3("create_multipart_upload", **where)["UploadId"]}
    try:
        parts: list[dict[str, Any]] = []
        while piece := data.read(PART_BYTES):
            number = len(parts) + 1
            done = fs.call_s3("upload_part", **upload, PartNumber=number, Body=piece)
            parts.append({"PartNumber": number, "ETag": done["ETag"]})
        last: dict[str, Any] = fs.call_s3(
            "complete_multipart_upload", **upload, MultipartUpload={"Parts": parts}, **condition
        )
    except BaseException:
        fs.call_s3("abort_multipart_upload", **upload)
        raise
    return last


def _is_conflict(error: BaseException | None, *, replaced: bool) -> bool:
    """Whether the condition was not met; an object to be replaced that has gone is one, too."""
    while error is not None:
        if any(name in str(error) for name in _CONFLICTS):
            return True
        if replaced and isinstance(error, FileNotFoundError) and "bucket" not in str(error).lower():
            return True
        error = error.__cause__
    return False
