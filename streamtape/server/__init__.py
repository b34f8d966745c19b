"""HTTP servers: the replay server, the recording proxy, and what the mock server shares."""
