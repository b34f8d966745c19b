"""A mock server that speaks the providers' APIs without a key: for the demo, tests and trials."""
