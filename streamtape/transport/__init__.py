"""The seams: hooks into HTTP and WebSocket client libraries, sync and async."""
