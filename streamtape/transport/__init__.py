"""Thin shells for httpx and httpx2, sync and async."""
