"""Lifecycle and wire rules: what is wrong with a stream, found by rules over events."""
