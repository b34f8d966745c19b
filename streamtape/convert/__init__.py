"""Foreign documents -> Cassette, and back."""
