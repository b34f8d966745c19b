"""Bytes -> frames: sans-IO and incremental."""
