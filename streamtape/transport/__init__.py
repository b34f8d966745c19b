"""Thin shells for httpx, httpx2 and aiohttp, sync and async."""
