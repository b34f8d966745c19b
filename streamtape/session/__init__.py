"""Record or replay? Decisions only: no sockets, no clock of its own."""
