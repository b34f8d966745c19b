"""Variations of a recording: what the provider might have sent, or may send in future."""
