"""Relatives of a recording: what the provider might have sent, and what it may send tomorrow."""
