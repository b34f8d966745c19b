"""Named bytes that do not lie in a folder on disk: object stores, stores of one's own, tar files.

What a recording is, is not known here. `locations.location_of` is where a path or a URL becomes
either a `pathlib.Path` or a StorePath, which reads as one; the rest of this room is not imported
before a URL or a tar comes up, and fsspec not before a URL does.
"""
