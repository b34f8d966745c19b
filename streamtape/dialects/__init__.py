"""Frames -> events: what is known of each provider, as tables."""
