"""Expectations of a provider's streams beyond its dialect: one table per provider."""
