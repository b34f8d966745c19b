"""Sockets: the embedded endpoint, the replay server and the recording proxy."""
