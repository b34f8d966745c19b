"""A recording as a value, and its file."""
