"""Recordings as values, and the file format of cassettes and journals."""
