"""Finding and masking secrets in bytes, whole or streamed. Nothing here knows recordings."""
