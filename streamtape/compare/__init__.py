"""Comparison of events, transcripts, frames, bytes and times."""
