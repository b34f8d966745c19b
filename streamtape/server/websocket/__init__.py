"""WebSockets over the server's own connections: handshake, framing, endpoint and relay."""
