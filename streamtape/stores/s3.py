"""S3's conditional put: If-None-Match for a new name, If-Match for one that is replaced; lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from streamtape.errors import StoreConflictError

PART_BYTES = 32 << 20  # larger objects go in parts, which the last request joins
LISTED = 1_000  # names in an answer, the most that S3 gives
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
            raise _conflict(path) from error
        raise
    return f"{done['ETag']}-{size}".replace('"', "")


def remove(fs: Any, path: str, version: str) -> None:
    """Remove an object that has this version; servers that know no such condition just remove."""
    bucket, key, _ = fs.split_path(path)
    where = {"Bucket": bucket, "Key": key}
    try:
        fs.call_s3("delete_object", **where, IfMatch=version.rpartition("-")[0])
    except Exception as error:
        if _is_conflict(error, replaced=True):
            raise _conflict(path) from error
        if "NotImplemented" not in str(error):
            raise
        fs.call_s3("delete_object", **where)


def listed(fs: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects below a folder, each with what a list says of it: one answer of 1,000 at a time.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """
    bucket, key, _ = fs.split_path(path)
    where: dict[str, Any] = {"Bucket": bucket, "MaxKeys": LISTED}
    where["Prefix"] = f"{key.rstrip('/')}/" if key else ""
    more: dict[str, str] = {}
    while True:
        page = fs.call_s3("list_objects_v2", **where, **more)
        for found in page.get("Contents", ()):
            if not found["Key"].endswith("/"):  # consoles create such objects for folders
                yield f"{bucket}/{found['Key']}", {**found, "size": found["Size"]}
        if not page.get("IsTruncated"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


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


def _conflict(path: str) -> StoreConflictError:
    message = f"'s3://{path}' was changed by another writer meanwhile, and is left unchanged"
    return StoreConflictError(message)
