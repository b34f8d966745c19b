"""The table of clients: what is recorded and replayed, in process and by the commands."""
