"""Recordings changed by meaning, with their shape kept: edits, anonymising, and relatives."""
