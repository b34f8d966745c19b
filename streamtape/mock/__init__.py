"""A server that speaks like the providers, without a key: for the demo, tests and trials."""
