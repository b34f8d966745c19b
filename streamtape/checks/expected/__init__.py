"""What is right in a provider's streams, beyond what its dialect says: one table a provider."""
