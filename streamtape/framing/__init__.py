"""Frames read from bytes: sans-IO and incremental."""
