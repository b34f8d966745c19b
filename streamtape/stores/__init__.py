"""Named bytes outside of folders on disk: object stores, user-defined stores, tar files.

Nothing here knows recordings. `locations.location_of` is where a path or a URL becomes either a
`pathlib.Path` or a StorePath, which reads as one; the rest of this room is not imported before a
URL or a tar comes up, and fsspec not before a URL does.
"""
