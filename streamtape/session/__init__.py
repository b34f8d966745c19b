"""Sessions: whether a request is recorded or replayed. Decisions only: no sockets, no clock."""
