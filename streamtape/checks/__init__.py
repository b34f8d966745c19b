"""Rules about streams, from the wire format to the lifecycle of responses, and their findings."""
